#include "partial_file.hpp"

#include <limits>

#include "temporary.hpp"

namespace dray {
namespace {

/// Makes a folder with those above it, and makes them last.
Result<void> make_folders(const Directory& root, const std::string& folder) {
  DRAY_TRY_ASSIGN(const bool there, root.exists(folder));
  if (there) return {};
  DRAY_TRY(root.create_directory(folder));
  DRAY_TRY(root.sync());
  for (auto slash = folder.find('/'); slash != std::string::npos; slash = folder.find('/', slash + 1)) {
    DRAY_TRY(root.sync_inside(folder.substr(0, slash)));
  }
  return {};
}

/// The folder that the path's last name is in; empty for the root itself.
std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string stem(const Digest& digest) {
  return std::string(name(digest.algorithm())) + "-" + std::string(digest.hex());
}

}  // namespace

std::string blob_path(const Digest& digest) {
  return "blobs/" + std::string(name(digest.algorithm())) + "/" + std::string(digest.hex());
}

std::string partial_name(const Digest& digest) { return stem(digest) + ".partial"; }
std::string journal_name(const Digest& digest) { return stem(digest) + ".journal"; }

Result<bool> blob_is_there(const Directory& root, const Descriptor& blob, BlobPath path_of) {
  const auto size = root.file_size(path_of(blob.digest));
  if (size) return *size == blob.size;
  if (size.error().code() == ErrorCode::not_found) return false;
  return size.error();
}

Result<void> make_blob_folder(const Directory& root, DigestAlgorithm algorithm) {
  return make_folders(root, "blobs/" + std::string(name(algorithm)));
}

PartialFile::PartialFile(std::shared_ptr<const Directory> root, Descriptor blob, FileDescriptor file, BlobPath path_of)
    : root_(std::move(root)),
      blob_(std::move(blob)),
      path_of_(path_of),
      file_(std::move(file)),
      region_({.file = file_, .root = root_, .journal = in_temporary_folder(journal_name(blob_.digest))}, blob_) {}

Result<std::unique_ptr<PartialFile>> PartialFile::begin(std::shared_ptr<const Directory> root, const Descriptor& blob,
                                                        Clock& clock, const std::stop_token& stop, BlobPath path_of) {
  if (blob.size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return Error(ErrorCode::limit_exceeded, "blob " + blob.digest.text() + " says it has " + std::to_string(blob.size) +
                                                " bytes, more than any file can");
  }
  DRAY_TRY_ASSIGN(const bool there, blob_is_there(*root, blob, path_of));
  if (there) return std::unique_ptr<PartialFile>();
  DRAY_TRY_ASSIGN(auto file, lock_temporary(*root, partial_name(blob.digest), clock, stop));
  std::unique_ptr<PartialFile> partial(new PartialFile(std::move(root), blob, std::move(file), path_of));
  DRAY_TRY_ASSIGN(const bool published, blob_is_there(*partial->root_, blob, path_of));
  if (published) {
    partial->discard();
    return std::unique_ptr<PartialFile>();
  }
  if (auto taken = partial->take_up(); !taken) {
    auto error = partial->in_context(std::move(taken).error());
    if (!partial->resumed()) partial->discard();
    return error;
  }
  return partial;
}

/// Finds out what an earlier process left, and sets space aside for the rest.
Result<void> PartialFile::take_up() {
  if (const auto folder = folder_of(path_of_(blob_.digest)); !folder.empty()) DRAY_TRY(make_folders(*root_, folder));
  DRAY_TRY_ASSIGN(const auto on_disk, size_of(file_));
  DRAY_TRY(region_.take_up(on_disk));
  if (!region_.resumed()) {
    if (on_disk > 0) DRAY_TRY(resize(file_, 0));
  } else if (on_disk > blob_.size) {
    DRAY_TRY(resize(file_, blob_.size));
  }
  return reserve(file_, blob_.size);
}

PartialFile::~PartialFile() {
  if (finished_) return;
  if (region_.is_empty()) {
    discard();
  } else {
    region_.log_rest();
  }
}

Error PartialFile::in_context(Error error) const {
  return std::move(error).context("blob " + blob_.digest.text() + " (" + std::to_string(blob_.size) + " bytes) into " +
                                  root_->path().string());
}

std::vector<ByteRange> PartialFile::missing() const { return region_.missing(); }

Result<void> PartialFile::write(std::uint64_t offset, ByteView bytes) {
  return region_.write(offset, bytes).transform_error([this](Error error) { return in_context(std::move(error)); });
}

Result<bool> PartialFile::clone(const FileDescriptor& file) {
  if (!region_.is_empty()) return false;
  auto cloned = clone_file(file, file_);
  if (!cloned) return in_context(std::move(cloned).error());
  if (!*cloned) return false;
  DRAY_TRY_ASSIGN(const auto size, size_of(file_));
  if (size != blob_.size)
    return in_context({ErrorCode::digest_mismatch, "the file has " + std::to_string(size) + " bytes"});
  region_.claim_all();
  return true;
}

Result<void> PartialFile::commit(const std::stop_token& stop) {
  auto done = region_.check(stop);
  if (!done && done.error().code() == ErrorCode::digest_mismatch) discard();
  if (done) done = publish();
  return std::move(done).transform_error([this](Error error) { return in_context(std::move(error)); });
}

Result<void> PartialFile::publish() {
  if (auto synced = sync(file_); !synced) {
    discard();  // what a failed sync has lost is not known, and a second one would not tell
    return synced;
  }
  DRAY_TRY_ASSIGN(const bool named, root_->names(in_temporary_folder(partial_name(blob_.digest)), file_));
  if (!named) {
    finished_ = true;
    file_.close();
    return Error(ErrorCode::conflict, "somebody removed its partial file while it was written");
  }
  auto renamed = root_->rename_and_sync(in_temporary_folder(partial_name(blob_.digest)), path_of_(blob_.digest));
  if (renamed) {
    region_.forget();
  } else {
    region_.log_rest();
  }
  finished_ = true;
  file_.close();
  return renamed;
}

void PartialFile::discard() noexcept {
  if (finished_) return;  // the names may be another writer's by now
  // Nothing better can be done about what cannot be removed; it is not published, and begun anew next time.
  region_.forget();
  (void)root_->remove_file(in_temporary_folder(partial_name(blob_.digest)));
  finished_ = true;
  file_.close();
}

}  // namespace dray
