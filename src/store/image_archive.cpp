#include <dray/store/image_archive.hpp>

#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/verify.hpp>

#include <algorithm>

#include "disk_blobs.hpp"
#include "image_archive_state.hpp"
#include "raw_manifest.hpp"

namespace dray {
namespace {

/// What is to be replaced is what a link leads to, not the link.
Result<std::filesystem::path> real_path(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return std::filesystem::path(path);
  auto real = std::filesystem::canonical(path, error);
  if (error) return errno_error("follow the link", error.value());
  return real;
}

}  // namespace

Error ImageArchive::State::in_context(Error error) const {
  return std::move(error).context(archive_address(kind, path));
}

/// Opens the folder and looks through the archive.
Result<void> ImageArchive::State::load(bool may_be_absent, const std::stop_token& stop) {
  input.reset();
  input_status.reset();
  index = {};
  if (path != "-" && !root) {
    DRAY_TRY_ASSIGN(const auto real, real_path(path));
    name = real.filename().string();
    auto opened = Directory::open(real.has_parent_path() ? real.parent_path() : std::filesystem::path("."));
    if (!opened) return std::move(opened).error().context("its folder");
    root = std::make_shared<const Directory>(std::move(*opened));
  }
  if (root) {
    const auto status = root->status(name);
    const bool absent = !status && status.error().code() == ErrorCode::not_found;
    if (absent && may_be_absent) return {};
    if (!status) return absent ? Error(ErrorCode::not_found, "there is no such file") : status.error();
    if (may_be_absent && status->kind != FileStatus::Kind::file) {
      return Error(ErrorCode::invalid_input,
                   "it is no regular file; an archive is written to a file, or to standard output with -");
    }
    input_status = *status;
  }
  DRAY_TRY_ASSIGN(input, ArchiveContents::open(path, kind, stop));
  index = input->index();
  return {};
}

std::optional<std::uint64_t> ImageArchive::State::size_of(const Digest& digest) const {
  const std::lock_guard lock(content_mutex);
  if (pending) {
    if (const auto size = pending->size_of(digest)) return size;
  }
  if (!input || removed.contains(digest)) return std::nullopt;
  return input->size_of(digest);
}

Result<OpenedBlob> ImageArchive::State::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range) const {
  std::shared_ptr<PendingArchive> written;
  std::shared_ptr<const ArchiveContents> read;
  {
    const std::lock_guard lock(content_mutex);
    if (pending && pending->size_of(blob.digest)) written = pending;
    if (input && !removed.contains(blob.digest)) read = input;
  }
  if (written) return written->open_blob(blob, range);
  if (read) return read->open_blob(blob, range);
  return Error(ErrorCode::not_found, "there is no blob " + blob.digest.text());
}

Result<std::string> ImageArchive::State::read_bytes(const Digest& digest, std::uint64_t limit) const {
  const auto size = size_of(digest);
  if (!size) return Error(ErrorCode::not_found, "there is no manifest " + digest.text());
  const Descriptor blob{.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = *size};
  DRAY_TRY_ASSIGN(const auto opened, open_blob(blob, {}));
  return read_all(*opened.bytes, limit);
}

std::optional<Descriptor> ImageArchive::State::listed(const Digest& digest) const {
  const std::lock_guard lock(index_mutex);
  const auto* const entry = index.find(digest);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

Result<RawManifest> ImageArchive::State::read_listed(const Descriptor& entry) const {
  auto bytes = read_bytes(entry.digest, limits::max_manifest_bytes);
  if (!bytes && bytes.error().code() == ErrorCode::not_found) {
    return Error(ErrorCode::not_found, "index.json lists " + entry.digest.text() + ", but its blob is missing");
  }
  if (!bytes) return std::move(bytes).error();
  RawManifest manifest{.descriptor = entry, .bytes = std::move(*bytes)};
  DRAY_TRY(check_manifest(manifest));
  return manifest;
}

/// A manifest that only another manifest names: any blob that reads as one.
Result<RawManifest> ImageArchive::State::read_unlisted(const Digest& digest) const {
  const auto no_manifest = [&](std::string why) {
    return Error(ErrorCode::not_found, "the blob " + digest.text() + " is " + std::move(why));
  };
  auto bytes = read_bytes(digest, limits::max_manifest_bytes);
  if (!bytes && bytes.error().code() == ErrorCode::limit_exceeded) return no_manifest("too large to be a manifest");
  if (!bytes) return std::move(bytes).error();
  auto manifest = manifest_from(std::move(*bytes), digest);
  if (manifest || manifest.error().code() == ErrorCode::digest_mismatch) return manifest;
  return no_manifest("no manifest");
}

Result<RawManifest> ImageArchive::State::read_manifest(const Digest& digest) const {
  const auto entry = listed(digest);
  return entry ? read_listed(*entry) : read_unlisted(digest);
}

ImageArchive::ImageArchive(std::unique_ptr<State> state) : state_(std::move(state)) {}
ImageArchive::~ImageArchive() = default;

Result<std::shared_ptr<ImageArchive>> ImageArchive::make(const std::string& path, ArchiveKind kind, bool may_be_absent,
                                                         const std::stop_token& stop) {
  auto state = std::make_unique<State>(path, kind);
  DRAY_TRY(state->in_context(state->load(may_be_absent, stop)));
  return std::shared_ptr<ImageArchive>(new ImageArchive(std::move(state)));
}

Result<std::shared_ptr<ImageArchive>> ImageArchive::open(const std::string& path, ArchiveKind kind,
                                                         const std::stop_token& stop) {
  return make(path, kind, false, stop);
}

Result<std::shared_ptr<ImageArchive>> ImageArchive::create(const std::string& path, ArchiveKind kind,
                                                           const std::stop_token& stop) {
  return make(path, kind, true, stop);
}

ArchiveKind ImageArchive::kind() const noexcept { return state_->kind; }

void ImageArchive::call_by(RepositoryName repository) { state_->names.call_by(std::move(repository)); }

std::vector<RepositoryName> ImageArchive::repositories() const {
  const std::lock_guard lock(state_->index_mutex);
  std::vector<RepositoryName> found;
  for (const auto& reference : state_->index.references()) {
    if (std::ranges::find(found, reference.repository_name()) == found.end()) {
      found.push_back(reference.repository_name());
    }
  }
  return found;
}

std::vector<Descriptor> ImageArchive::list_manifests() const {
  const std::lock_guard lock(state_->index_mutex);
  return state_->index.entries();
}

std::string ImageArchive::describe() const { return archive_address(state_->kind, state_->path); }

Result<Descriptor> ImageArchive::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  if (const auto* const tag = std::get_if<std::string>(&name)) {
    const std::lock_guard lock(state_->index_mutex);
    return state_->in_context(state_->names.find(state_->index, *tag));
  }
  const auto& digest = std::get<Digest>(name);
  if (auto entry = state_->listed(digest)) return *std::move(entry);
  DRAY_TRY_ASSIGN(auto manifest, state_->in_context(state_->read_unlisted(digest)));
  return std::move(manifest.descriptor);
}

Result<RawManifest> ImageArchive::get_manifest(const ManifestName& name, const std::stop_token& stop) {
  if (const auto* const digest = std::get_if<Digest>(&name)) {
    DRAY_TRY(check_running(stop));
    return state_->in_context(state_->read_manifest(*digest));
  }
  DRAY_TRY_ASSIGN(const auto entry, resolve(name, stop));
  return state_->in_context(state_->read_listed(entry));
}

Result<OpenedBlob> ImageArchive::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                           const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->in_context(state_->open_blob(blob, range));
}

Result<std::vector<std::string>> ImageArchive::list_tags(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const std::lock_guard lock(state_->index_mutex);
  return state_->names.list(state_->index);
}

Result<std::vector<std::pair<std::string, Digest>>> ImageArchive::list_tag_digests(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const std::lock_guard lock(state_->index_mutex);
  std::vector<std::pair<std::string, Digest>> tags;
  for (auto& tag : state_->names.list(state_->index)) {
    auto entry = state_->names.find(state_->index, tag);
    if (entry) tags.emplace_back(std::move(tag), std::move(entry->digest));
  }
  return tags;
}

Result<bool> ImageArchive::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->size_of(blob.digest) == blob.size;
}

Result<bool> ImageArchive::has_manifest(const Digest& digest, const std::stop_token& stop) {
  const auto found = get_manifest(digest, stop);
  if (found) return true;
  const auto code = found.error().code();
  if (code == ErrorCode::not_found || code == ErrorCode::digest_mismatch) return false;
  return found.error();
}

Result<std::vector<Descriptor>> ImageArchive::list_referrers(const Digest& subject,
                                                             const std::optional<MediaType>& artifact_type,
                                                             const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const auto index = [&] {
    const std::lock_guard lock(state_->index_mutex);
    return state_->index;
  }();
  DRAY_TRY_ASSIGN(auto found, state_->in_context(dray::list_referrers(*state_, index, subject, stop)));
  return select_referrers(std::move(found), artifact_type);
}

}  // namespace dray
