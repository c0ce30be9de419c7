#include "registry_upload.hpp"

#include <algorithm>
#include <vector>

namespace dray {
namespace {

using registry_paths::blob_data;
using registry_paths::layer_link;
using registry_paths::upload_file;
using registry_paths::upload_state;

/// The disk is set to work on this much at a time, so that the sync at the end is short.
constexpr std::uint64_t writeback_bytes = 8ULL * 1024 * 1024;
constexpr std::size_t hash_buffer_bytes = 1UL * 1024 * 1024;

Result<Digest> hash_file(const FileDescriptor& file, std::uint64_t size, DigestAlgorithm algorithm) {
  Digester digester(algorithm);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(size, hash_buffer_bytes)));
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    DRAY_TRY_ASSIGN(const auto count, read_at(file, at, ByteSpan(buffer).first(wanted)));
    if (count == 0) return Error(ErrorCode::io, "the upload's file ended early");
    digester.update(ByteView(buffer).first(count));
    at += count;
  }
  return digester.finish();
}

}  // namespace

FolderUpload::FolderUpload(std::shared_ptr<RegistryCore> core, Begin begin)
    : core_(std::move(core)),
      id_(std::move(begin.id)),
      state_(std::move(begin.state)),
      file_(std::move(begin.file)),
      temporary_(std::move(begin.path)),
      digester_(std::move(begin.digester)),
      offset_(state_.offset),
      written_back_(state_.offset) {}

FolderUpload::~FolderUpload() {
  const bool parked = !ended_ && park();
  if (parked && digester_) core_->uploads.rest(id_, std::move(*digester_), offset_);
  // An upload that could not be parked once has an id that nobody can ask for.
  if (!temporary_.empty() && !ended_) (void)core_->tree.root().remove_file(temporary_);
  core_->uploads.release(id_);
}

std::string FolderUpload::data_path() const {
  return parked_before() ? upload_file(state_.repository, id_, "data").path() : temporary_;
}

Result<void> FolderUpload::check_usable() const {
  if (ended_) return Error(ErrorCode::not_found, "the upload " + id_ + " has ended");
  if (broken_) return Error(ErrorCode::io, "the upload " + id_ + " is broken: a write to the disk failed");
  return {};
}

Result<void> FolderUpload::write(ByteView bytes) {
  DRAY_TRY(check_usable());
  if (bytes.empty()) return {};
  if (auto done = write_at(file_, offset_, bytes); !done) {
    ragged_ = true;
    return std::move(done).error().context("upload " + id_);
  }
  if (digester_) digester_->update(bytes);
  offset_ += bytes.size();
  if (offset_ - written_back_ >= writeback_bytes) {
    start_writeback(file_, {.begin = written_back_, .end = offset_});
    written_back_ = offset_;
  }
  return {};
}

Result<FileDescriptor> FolderUpload::open_written() const {
  DRAY_TRY(check_usable());
  return core_->tree.root().open_file(data_path());
}

Result<void> FolderUpload::sync_data() {
  if (ragged_) DRAY_TRY(resize(file_, offset_));
  ragged_ = false;
  auto synced = sync(file_);
  if (!synced) broken_ = true;
  return synced;
}

Result<void> FolderUpload::park() {
  DRAY_TRY(check_usable());
  if (parked_before() && offset_ == state_.offset) return {};
  DRAY_TRY(sync_data());
  auto state = state_;
  state.offset = offset_;
  Publication publication(core_->tree);
  if (!parked_before()) {
    publication.adopt(upload_file(state.repository, id_, "data"), temporary_);
    DRAY_TRY(publication.add(upload_file(state.repository, id_, "startedat"), as_bytes(rfc3339(state.started))));
  }
  DRAY_TRY(publication.add(upload_state(id_), as_bytes(state.serialize())));
  DRAY_TRY(publication.prepare());
  auto placed = publication.place();
  // It may have moved and failed behind that.
  if (!temporary_.empty() && !core_->tree.root().exists(temporary_).value_or(true)) temporary_.clear();
  DRAY_TRY(std::move(placed));
  temporary_.clear();
  state_ = std::move(state);
  core_->uploads.set_synced(id_, offset_);
  return {};
}

Result<Digest> FolderUpload::digest_as(DigestAlgorithm algorithm) {
  if (digester_ && digester_->algorithm() == algorithm) return digester_->clone().finish();
  return hash_file(file_, offset_, algorithm);
}

Result<void> FolderUpload::commit(const Digest& expected) {
  DRAY_TRY(check_usable());
  DRAY_TRY_ASSIGN(const auto digest, digest_as(expected.algorithm()));
  if (digest != expected) {
    return Error(ErrorCode::digest_mismatch, "the uploaded bytes are " + digest.text() + ", not " + expected.text());
  }
  DRAY_TRY(sync_data());
  DRAY_TRY(publish(digest));
  remove_rest();
  return {};
}

Result<void> FolderUpload::publish(const Digest& digest) {
  auto& core = *core_;
  Publication publication(core.tree);
  // The link first: without the bytes it shows nothing, and the upload is whole as long as its bytes are here.
  DRAY_TRY(publication.add_link(layer_link(state_.repository, digest), digest));
  DRAY_TRY(publication.prepare());
  const auto pushing = core.gate.enter();
  core.want(digest);
  // Over bytes that are there already: these are known to be right and on disk, and those may have spoiled.
  publication.adopt(blob_data(digest), data_path());
  auto placed = publication.place();
  if (placed) return {};
  // Where the bytes have moved already the upload is over, and the client sends them again.
  if (!core.tree.root().exists(data_path()).value_or(true)) ended_ = true;
  return std::move(placed).error().context("publish " + digest.text());
}

void FolderUpload::remove_rest() {
  ended_ = true;
  // What cannot be removed now is removed at the next start: the blob is there, and nobody can resume this.
  if (!temporary_.empty()) {
    (void)core_->tree.root().remove_file(temporary_);
  } else {
    (void)remove_upload_files(core_->tree, state_.repository, id_);
  }
}

}  // namespace dray
