#include <dray/base/move_to_new.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/file_folder.hpp>
#include <utility>

#include "disk_blobs.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr std::size_t buffer_bytes = 256UL * 1024;

std::string in_temporary(const Digest& digest, std::string_view ending) {
  return std::string(temporary_folder) + "/" + std::string(name(digest.algorithm())) + "-" + std::string(digest.hex()) +
         std::string(ending);
}

/// Where a blob waits, whole and verified, for its name.
std::string waiting_path(const Digest& digest) { return in_temporary(digest, ".blob"); }

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

Result<void> copy_bytes(const FileDescriptor& from, const FileDescriptor& to, const std::stop_token& stop) {
  std::vector<std::byte> buffer(buffer_bytes);
  for (std::uint64_t at = 0;;) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, read_at(from, at, buffer));
    if (count == 0) return sync(to);
    DRAY_TRY(write_at(to, at, ByteView(buffer).first(count)));
    at += count;
  }
}

Result<bool> has_digest(const FileDescriptor& file, const Digest& digest, const std::stop_token& stop) {
  Digester digester(digest.algorithm());
  std::vector<std::byte> buffer(buffer_bytes);
  for (std::uint64_t at = 0;;) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, read_at(file, at, buffer));
    if (count == 0) return digester.finish() == digest;
    digester.update(ByteView(buffer).first(count));
    at += count;
  }
}

Error cannot(const std::string& what) {
  return {ErrorCode::unsupported, "a folder of files takes no " + what + "; use an OCI layout (oci:DIR)"};
}

}  // namespace

struct FileFolder::State {
  explicit State(std::shared_ptr<const Directory> opened) : root(std::move(opened)), blobs(root, waiting_path) {}

  std::shared_ptr<const Directory> root;
  DiskBlobs blobs;

  [[nodiscard]] std::string shown(const FileTitle& title) const { return (root->path() / title.text()).string(); }
  [[nodiscard]] Result<void> make_folders(const FileTitle& title) const;
  [[nodiscard]] Result<void> sync_folders(const FileTitle& title) const;
  [[nodiscard]] Result<void> give_name(const std::string& from, const FileTitle& title, Existing existing) const;
  [[nodiscard]] Result<void> give_copy(const Descriptor& blob, const FileTitle& title, Existing existing,
                                       const std::stop_token& stop) const;
};

Result<void> FileFolder::State::make_folders(const FileTitle& title) const {
  const auto folder = folder_of(title.text());
  if (folder.empty()) return {};
  DRAY_TRY(root->create_directory(folder));
  return {};
}

Result<void> FileFolder::State::sync_folders(const FileTitle& title) const {
  for (auto folder = folder_of(title.text()); !folder.empty(); folder = folder_of(folder)) {
    DRAY_TRY(root->sync_inside(folder));
  }
  return root->sync();
}

Result<void> FileFolder::State::give_name(const std::string& from, const FileTitle& title, Existing existing) const {
  DRAY_TRY(make_folders(title));
  if (existing == Existing::replace) {
    DRAY_TRY(root->move(from, title.text()));
  } else {
    DRAY_TRY(move_to_new(*root, from, title.text()));
  }
  return sync_folders(title);
}

Result<void> FileFolder::State::give_copy(const Descriptor& blob, const FileTitle& title, Existing existing,
                                          const std::stop_token& stop) const {
  const auto copy = in_temporary(blob.digest, ".copy");
  DRAY_TRY_ASSIGN(const auto from, root->open_file(waiting_path(blob.digest)));
  DRAY_TRY(root->remove_file(copy));
  DRAY_TRY_ASSIGN(const auto to, root->open_or_create_file(copy));
  auto given = copy_bytes(from, to, stop);
  if (given) given = give_name(copy, title, existing);
  if (!given) (void)root->remove_file(copy);  // the first reason counts
  return given;
}

FileFolder::FileFolder(std::unique_ptr<State> state) : state_(std::move(state)) {}

FileFolder::~FileFolder() { state_->blobs.remove_leftovers({}); }

Result<std::shared_ptr<FileFolder>> FileFolder::create(const std::filesystem::path& folder) {
  DRAY_TRY_ASSIGN(auto root, Directory::create(folder));
  auto state = std::make_unique<State>(std::make_shared<const Directory>(std::move(root)));
  return std::shared_ptr<FileFolder>(new FileFolder(std::move(state)));
}

Result<FileFolder::Standing> FileFolder::look_at(const FileTitle& title, const Descriptor& blob,
                                                 const std::stop_token& stop) const {
  const auto& text = title.text();
  if (text.substr(0, text.find('/')) == temporary_folder) {
    return Error(ErrorCode::invalid_input,
                 "the file title '" + text + "' is refused: " + temporary_folder + " is where unfinished files lie");
  }
  const auto status = state_->root->status(text);
  if (!status && status.error().code() == ErrorCode::not_found) return Standing::nothing;
  if (!status) return Error(ErrorCode::conflict, status.error().message());
  if (status->kind != FileStatus::Kind::file) {
    return Error(ErrorCode::conflict, state_->shown(title) + " is there and is no file; take it away");
  }
  if (status->size != blob.size) return Standing::other;
  DRAY_TRY_ASSIGN(const auto file, state_->root->open_file(text));
  DRAY_TRY_ASSIGN(const bool same, has_digest(file, blob.digest, stop));
  return same ? Standing::same : Standing::other;
}

Result<void> FileFolder::publish(const Descriptor& blob, const std::vector<FileTitle>& titles, Existing existing,
                                 const std::stop_token& stop) {
  for (std::size_t i = 0; i < titles.size(); ++i) {
    const bool last = i + 1 == titles.size();
    DRAY_TRY((last ? state_->give_name(waiting_path(blob.digest), titles[i], existing)
                   : state_->give_copy(blob, titles[i], existing, stop))
                 .transform_error(
                     [&](Error error) { return std::move(error).context("write " + state_->shown(titles[i])); }));
  }
  return {};
}

std::string FileFolder::describe() const { return state_->root->path().string(); }

Result<bool> FileFolder::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->blobs.has(blob);
}

Result<void> FileFolder::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  return state_->blobs.put(expected, open, stop);
}

Result<std::unique_ptr<PositionedWriter>> FileFolder::begin_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto partial, state_->blobs.begin(blob, stop));
  return std::unique_ptr<PositionedWriter>(std::move(partial));
}

Result<std::uint64_t> FileFolder::free_bytes() { return state_->root->free_bytes(); }

Result<std::uint64_t> FileFolder::set_aside_bytes(const Descriptor& blob) {
  return state_->blobs.set_aside_bytes(blob);
}

Result<bool> FileFolder::has_manifest(const Digest&, const std::stop_token&) { return false; }
Result<void> FileFolder::put_manifest(const RawManifest&, const std::stop_token&) { return cannot("manifests"); }
Result<void> FileFolder::set_tag(const std::string&, const RawManifest&, const std::stop_token&) {
  return cannot("tags");
}
Result<void> FileFolder::remove_tag(const std::string&, const std::stop_token&) { return cannot("tags"); }
Result<void> FileFolder::remove_manifest(const Digest&, const std::stop_token&) { return cannot("manifests"); }

Result<void> FileFolder::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(const bool stored, state_->blobs.remove(digest));
  if (stored) return {};
  return Error(ErrorCode::not_found, "there is no blob " + digest.text());
}

Result<void> FileFolder::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  state_->blobs.remove_leftovers({});
  return {};
}

}  // namespace dray
