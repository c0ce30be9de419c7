#include <dray/core/reference.hpp>

#include "registry_local.hpp"

namespace dray {
namespace {

using registry_paths::blob_data_path;
using registry_paths::layer_link;
using registry_paths::layer_link_path;

Error no_blob(const std::string& repository, const Digest& digest) {
  return not_in_repository(repository, "blob " + digest.text());
}

/// The size of a blob's data; `not_found` when the repository has no link to it or the bytes are gone.
Result<std::uint64_t> size_in(const RegistryTree& tree, const std::string& repository, const Digest& digest) {
  DRAY_TRY_ASSIGN(const bool linked, tree.has_link(layer_link_path(repository, digest), digest));
  if (!linked) return no_blob(repository, digest);
  const auto status = tree.root().status(blob_data_path(digest));
  if (!status && status.error().code() == ErrorCode::not_found) return no_blob(repository, digest);
  if (!status) return status.error();
  if (status->kind != FileStatus::Kind::file) {
    return Error(ErrorCode::io, "the data of the blob " + digest.text() + " is not a file");
  }
  return status->size;
}

}  // namespace

Error not_in_repository(const std::string& repository, std::string_view what) {
  std::string message = "the repository " + repository + " has no ";
  message += what;
  return {ErrorCode::not_found, std::move(message)};
}

Result<StoredBlob> LocalRegistry::open_blob(const std::string& repository, const Digest& digest) {
  core_->want(digest);
  const auto& tree = core_->tree;
  DRAY_TRY_ASSIGN(const bool linked, tree.has_link(layer_link_path(repository, digest), digest));
  if (!linked) return no_blob(repository, digest);
  auto opened = tree.root().open_file_with_status(blob_data_path(digest));
  if (!opened && opened.error().code() == ErrorCode::not_found) return no_blob(repository, digest);
  if (!opened) return opened.error();
  return StoredBlob{.file = std::move(opened->file), .size = opened->status.size};
}

Result<std::uint64_t> LocalRegistry::blob_size(const std::string& repository, const Digest& digest) {
  // Not beside a step of a collection: either it sees that the blob is wanted, or this sees that it is gone.
  const auto pushing = core_->gate.enter();
  core_->want(digest);
  return size_in(core_->tree, repository, digest);
}

Result<void> LocalRegistry::mount_blob(const Digest& digest, const std::string& from, const std::string& to) {
  DRAY_TRY(core_->check_writable());
  DRAY_TRY(check_repository_path(to));
  const auto pushing = core_->gate.enter();
  core_->want(digest);
  DRAY_TRY(size_in(core_->tree, from, digest));
  Publication publication(core_->tree);
  DRAY_TRY(publication.add_link(layer_link(to, digest), digest));
  return publication.publish();
}

Result<void> LocalRegistry::remove_blob(const std::string& repository, const Digest& digest) {
  DRAY_TRY(core_->check_writable());
  DRAY_TRY_ASSIGN(const bool removed, core_->tree.remove_and_sync(layer_link_path(repository, digest)));
  if (!removed) return no_blob(repository, digest);
  return {};
}

}  // namespace dray
