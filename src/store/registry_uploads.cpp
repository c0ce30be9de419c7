#include <algorithm>
#include <dray/core/reference.hpp>

#include "registry_local.hpp"
#include "registry_walk.hpp"

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::is_upload_id;
using registry_paths::upload_file;
using registry_paths::upload_state;

Error no_upload(const std::string& repository) { return not_in_repository(repository, "such upload"); }

/// Lets go of an upload's id unless it was passed on.
class Hold {
 public:
  Hold(UploadTable& table, const std::string& id) : table_(&table), id_(id) {}
  ~Hold() {
    if (table_ != nullptr) table_->release(id_);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  void pass_on() noexcept { table_ = nullptr; }

 private:
  UploadTable* table_;
  const std::string& id_;
};

}  // namespace

Result<std::unique_ptr<BlobUpload>> LocalRegistry::begin_upload(const std::string& repository, const std::string& owner,
                                                                DigestAlgorithm algorithm) {
  DRAY_TRY(core_->check_writable());
  DRAY_TRY(check_repository_path(repository));
  DRAY_TRY_ASSIGN(auto id, make_upload_id());
  auto path = core_->tree.temporary_path();
  DRAY_TRY_ASSIGN(auto file, core_->tree.root().create_new_file(path, core_->tree.file_mode()));
  (void)core_->uploads.hold(id, {.repository = repository, .owner = owner});
  return std::make_unique<FolderUpload>(
      core_,
      FolderUpload::Begin{.id = std::move(id),
                          .state = {.repository = repository, .owner = owner, .started = core_->clock.wall_now()},
                          .file = std::move(file),
                          .path = std::move(path),
                          .digester = Digester(algorithm)});
}

Result<LocalRegistry::FoundUpload> LocalRegistry::find_upload(const std::string& repository, const std::string& id,
                                                              const std::string& owner) {
  DRAY_TRY_ASSIGN(const auto kept, read_upload_state(core_->tree, id));
  const auto data = core_->tree.root().status(upload_file(repository, id, "data").path());
  if (!data && data.error().code() == ErrorCode::not_found) return no_upload(repository);
  if (!data) return data.error();
  if (data->kind != FileStatus::Kind::file) return no_upload(repository);
  // What distribution began has no owner: it is given to nobody where owners count.
  const UploadState unknown{.repository = repository, .owner = {}, .offset = data->size, .started = data->modified};
  FoundUpload found{.state = kept ? *kept : unknown, .size = data->size};
  if (found.state.repository != repository || found.state.owner != owner) return no_upload(repository);
  found.state.offset = std::min(found.state.offset, found.size);
  return found;
}

Result<std::unique_ptr<BlobUpload>> LocalRegistry::resume_upload(const std::string& repository, const std::string& id,
                                                                 const std::string& owner) {
  DRAY_TRY(core_->check_writable());
  if (!is_upload_id(id)) return no_upload(repository);
  if (!core_->uploads.hold(id, {.repository = repository, .owner = owner})) {
    const auto other = core_->uploads.held(id);
    if (other && (other->repository != repository || other->owner != owner)) return no_upload(repository);
    return Error(ErrorCode::conflict, "somebody else writes the upload " + id + " at this moment");
  }
  Hold hold(core_->uploads, id);
  DRAY_TRY_ASSIGN(auto found, find_upload(repository, id, owner));
  DRAY_TRY_ASSIGN(auto file, core_->tree.root().open_or_create_file(upload_file(repository, id, "data").path()));
  const auto offset = found.state.offset;
  if (found.size > offset) DRAY_TRY(resize(file, offset));
  core_->uploads.set_synced(id, offset);
  auto resting = core_->uploads.wake(id);
  std::optional<Digester> digester;
  if (resting && resting->offset == offset) {
    digester = std::move(*resting->digester);
  } else if (offset == 0) {
    digester.emplace(DigestAlgorithm::sha256);
  }
  hold.pass_on();
  return std::make_unique<FolderUpload>(core_, FolderUpload::Begin{.id = id,
                                                                   .state = std::move(found.state),
                                                                   .file = std::move(file),
                                                                   .path = {},
                                                                   .digester = std::move(digester)});
}

Result<std::uint64_t> LocalRegistry::upload_offset(const std::string& repository, const std::string& id,
                                                   const std::string& owner) {
  if (!is_upload_id(id)) return no_upload(repository);
  if (const auto held = core_->uploads.held(id)) {
    if (held->repository != repository || held->owner != owner) return no_upload(repository);
    return held->synced;
  }
  DRAY_TRY_ASSIGN(const auto found, find_upload(repository, id, owner));
  return found.state.offset;
}

Result<void> LocalRegistry::cancel_upload(const std::string& repository, const std::string& id,
                                          const std::string& owner) {
  DRAY_TRY(core_->check_writable());
  if (!is_upload_id(id)) return no_upload(repository);
  if (!core_->uploads.hold(id, {.repository = repository, .owner = owner})) {
    const auto other = core_->uploads.held(id);
    if (other && (other->repository != repository || other->owner != owner)) return no_upload(repository);
    return Error(ErrorCode::conflict, "somebody else writes the upload " + id + " at this moment");
  }
  const Hold hold(core_->uploads, id);
  DRAY_TRY(find_upload(repository, id, owner));
  (void)core_->uploads.wake(id);
  return remove_upload_files(core_->tree, repository, id);
}

Result<std::uint64_t> LocalRegistry::purge_uploads(std::chrono::seconds age) {
  DRAY_TRY(core_->check_writable());
  return look_for_idle_uploads(age, IdleUploads::remove);
}

Result<std::uint64_t> LocalRegistry::look_for_idle_uploads(std::chrono::seconds age, IdleUploads what) {
  const auto limit = core_->clock.wall_now() - age;
  const auto& root = core_->tree.root();
  std::uint64_t found = 0;
  DRAY_TRY_ASSIGN(const auto repositories, walk_names_with_uploads(root));
  for (const auto& repository : repositories) {
    DRAY_TRY_ASSIGN(const auto ids, walk_uploads(root, repository, nullptr));
    for (const auto& id : ids) {
      if (!core_->uploads.hold(id, {.repository = repository, .owner = {}})) continue;
      const Hold hold(core_->uploads, id);
      DRAY_TRY_ASSIGN(const auto touched, upload_touched(root, repository, id));
      if (touched > limit) continue;
      ++found;
      if (what == IdleUploads::count) continue;
      (void)core_->uploads.wake(id);
      DRAY_TRY(remove_upload_files(core_->tree, repository, id));
    }
  }
  return found;
}

}  // namespace dray
