#include <dray/core/limits.hpp>

#include "registry_local.hpp"

namespace dray {
namespace {

using registry_paths::is_upload_id;
using registry_paths::upload_file;
using Use = RegistryFolderOptions::Use;

Error in_use(const std::filesystem::path& path) {
  return {ErrorCode::conflict, "the registry's folder " + path.string() + " is in use by another program"};
}

/// Opens the folder; makes it, with exactly the mode, when it is absent.
Result<Directory> open_or_make(const std::filesystem::path& path, unsigned mode) {
  auto opened = Directory::open(path);
  if (opened || opened.error().code() != ErrorCode::not_found) return opened;
  const auto plain = path.has_filename() ? path : path.parent_path();
  const auto above = plain.has_parent_path() ? plain.parent_path() : std::filesystem::path(".");
  DRAY_TRY_ASSIGN(const auto parent, Directory::create(above, mode));
  DRAY_TRY(parent.make_directory(plain.filename().string(), mode));
  DRAY_TRY(parent.sync());
  return Directory::open(path);
}

Result<FileDescriptor> lock_to_write(const Directory& root, unsigned mode) {
  const std::string name(registry_paths::lock);
  DRAY_TRY(root.make_directory(registry_paths::parent(name), mode));
  DRAY_TRY_ASSIGN(const bool there, root.exists(name));
  auto file = there ? root.open_file(name) : root.create_new_file(name, mode & 0666U);
  // Somebody else who starts at the same moment may have made it in between.
  if (!file && !there) file = root.open_file(name);
  if (!file) return file;
  DRAY_TRY_ASSIGN(const bool locked, try_lock(*file));
  if (!locked) return in_use(root.path());
  return file;
}

Result<void> check_is_registry(const Directory& root) {
  DRAY_TRY_ASSIGN(const bool is_one, root.exists(registry_paths::parent(registry_paths::repositories)));
  if (is_one) return {};
  return Error(ErrorCode::not_found, root.path().string() + " holds no registry: it has no docker/registry/v2 inside");
}

Result<void> remove_temporary_files(const Directory& root) {
  DRAY_TRY_ASSIGN(const auto folder, root.open_directory(std::string(registry_paths::temporary)));
  DRAY_TRY_ASSIGN(const auto entries, folder.list_entries(limits::max_list_entries));
  for (const auto& entry : entries) {
    const bool ours = entry.kind == FileStatus::Kind::file && RegistryTree::is_temporary_name(entry.name);
    if (ours) DRAY_TRY(folder.remove_file(entry.name));
  }
  return {};
}

/// Settles one upload's state with its file: lowers the offset to what is there, and removes what is left of an upload
/// whose bytes are a blob by now.
Result<void> settle_upload(RegistryTree& tree, const std::string& id) {
  auto state = read_upload_state(tree, id);
  // Not what we wrote: left where it is, and its upload with it.
  if (!state || !*state) return {};
  auto& known = **state;
  const auto data = tree.root().status(upload_file(known.repository, id, "data").path());
  if (!data && data.error().code() == ErrorCode::not_found) return remove_upload_files(tree, known.repository, id);
  // A repository's name that leads out of the folder, for one, or a link: nothing of ours.
  if (!data || data->kind != FileStatus::Kind::file || data->size >= known.offset) return {};
  known.offset = data->size;
  Publication publication(tree);
  DRAY_TRY(publication.add(registry_paths::upload_state(id), as_bytes(known.serialize())));
  return publication.publish();
}

Result<void> settle_uploads(RegistryTree& tree) {
  DRAY_TRY_ASSIGN(const auto folder, tree.root().open_directory(std::string(registry_paths::upload_states)));
  DRAY_TRY_ASSIGN(const auto entries, folder.list_entries(limits::max_list_entries));
  for (const auto& entry : entries) {
    if (entry.kind == FileStatus::Kind::file && is_upload_id(entry.name)) DRAY_TRY(settle_upload(tree, entry.name));
  }
  return {};
}

Result<void> prepare(RegistryTree& tree) {
  for (const auto folder : {registry_paths::blobs, registry_paths::repositories, registry_paths::temporary,
                            registry_paths::trash, registry_paths::upload_states}) {
    DRAY_TRY(tree.ensure_folder(std::string(folder)));
  }
  DRAY_TRY(remove_temporary_files(tree.root()));
  return settle_uploads(tree);
}

/// Sixteen hex digits that no earlier run had.
Result<std::string> make_run_name() {
  DRAY_TRY_ASSIGN(auto id, make_upload_id());
  std::erase(id, '-');
  id.resize(16);
  return id;
}

}  // namespace

Result<std::unique_ptr<RegistryFolder>> RegistryFolder::open(const std::filesystem::path& path,
                                                             const RegistryFolderOptions& options, Clock& clock) {
  const bool write = options.use == Use::write;
  const bool make = write && !options.must_exist;
  DRAY_TRY_ASSIGN(auto root, make ? open_or_make(path, options.mode) : Directory::open(path));
  if (options.must_exist) DRAY_TRY(check_is_registry(root));
  // Who only reads needs no lock: what is stored under a digest never changes, and links are replaced as a whole.
  FileDescriptor lock;
  if (write) {
    DRAY_TRY_ASSIGN(lock, lock_to_write(root, options.mode));
  }
  DRAY_TRY_ASSIGN(auto run, make_run_name());
  auto core =
      std::make_shared<RegistryCore>(std::move(root), options.mode, std::move(run), std::move(lock), options, clock);
  if (write) DRAY_TRY(prepare(core->tree));
  return std::make_unique<LocalRegistry>(std::move(core));
}

}  // namespace dray
