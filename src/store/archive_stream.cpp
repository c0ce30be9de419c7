#include <dray/store/image_archive.hpp>

#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>
#include <dray/format/tar.hpp>
#include <dray/store/verify.hpp>

#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "archive_documents.hpp"
#include "archive_framing.hpp"
#include "archive_names.hpp"
#include "disk_blobs.hpp"
#include "partial_file.hpp"
#include "raw_manifest.hpp"

namespace dray {
namespace {

class DescriptorSink final : public ByteSink {
 public:
  explicit DescriptorSink(int file) : file_(file) {}
  Result<void> write(ByteView bytes) override {
    while (!bytes.empty()) {
      const auto count = ::write(file_, bytes.data(), bytes.size());
      if (count >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(count));
      } else if (errno == EPIPE) {
        return Error(ErrorCode::cancelled, "the reader went away");
      } else if (errno != EINTR) {
        return errno_error("write", errno);
      }
    }
    return {};
  }

 private:
  int file_;
};

Error cannot(const char* what) { return {ErrorCode::unsupported, std::string("what went to a pipe is gone: ") + what}; }

}  // namespace

struct ArchiveStream::State final : ArchivedManifests {
  State(int file, ArchiveKind archive_kind) : kind(archive_kind), names(archive_kind), sink(file), writer(sink) {}

  const ArchiveKind kind;
  ArchiveNames names;

  std::mutex turn;  ///< Whoever has it writes.
  DescriptorSink sink;
  TarWriter writer;
  std::optional<Error> failure = {};

  mutable std::mutex mutex;  ///< For what follows.
  std::set<Digest> written = {};
  std::map<Digest, std::string> manifests = {};
  std::uint64_t manifest_bytes = 0;
  std::vector<Descriptor> put = {};
  LayoutIndex index;

  [[nodiscard]] bool holds(const Digest& digest) const override {
    const std::lock_guard lock(mutex);
    return written.contains(digest);
  }
  [[nodiscard]] Result<RawManifest> read_manifest(const Digest& digest) const override;

  [[nodiscard]] Result<void> add_file(const std::string& path, std::uint64_t size, ByteSource& bytes,
                                      const std::stop_token& stop);
  [[nodiscard]] Result<void> write_blob(const Descriptor& blob, const BlobOpener& open, const std::stop_token& stop);
  [[nodiscard]] Result<void> remember(const RawManifest& manifest);
  [[nodiscard]] Result<void> write_end(const std::stop_token& stop);
};

Result<RawManifest> ArchiveStream::State::read_manifest(const Digest& digest) const {
  const std::lock_guard lock(mutex);
  const auto found = manifests.find(digest);
  if (found == manifests.end()) return Error(ErrorCode::not_found, "there is no manifest " + digest.text());
  return manifest_from(found->second, digest);
}

/// Under the turn.
Result<void> ArchiveStream::State::add_file(const std::string& path, std::uint64_t size, ByteSource& bytes,
                                            const std::stop_token& stop) {
  TarEntry entry;
  entry.path = path;
  entry.size = size;
  entry.mode = archive_file_mode;
  DRAY_TRY(writer.add(entry));
  std::vector<std::byte> buffer(copy_buffer_bytes);
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, bytes.read(buffer));
    if (count == 0) return {};
    DRAY_TRY(writer.write(ByteView(buffer).first(count)));
  }
}

Result<void> ArchiveStream::State::write_blob(const Descriptor& blob, const BlobOpener& open,
                                              const std::stop_token& stop) {
  const std::lock_guard lock(turn);
  if (failure) return *failure;
  if (holds(blob.digest)) return {};
  auto opened = open();
  if (!opened) return std::move(opened).error();  // nothing was written yet
  const auto bytes = verify(*std::move(opened), blob);
  auto done = add_file(blob_path(blob.digest), blob.size, *bytes, stop);
  if (!done) {
    failure = done.error();
    return std::move(done).error().context("blob " + blob.digest.text() + " to standard output");
  }
  const std::lock_guard known(mutex);
  written.insert(blob.digest);
  return {};
}

/// Manifests are needed again for the documents at the end.
Result<void> ArchiveStream::State::remember(const RawManifest& manifest) {
  const std::lock_guard lock(mutex);
  const auto [at, is_new] = manifests.try_emplace(manifest.descriptor.digest, manifest.bytes);
  if (!is_new) return {};
  put.push_back(manifest.descriptor);
  manifest_bytes += manifest.bytes.size();
  if (manifest_bytes <= limits::max_graph_bytes) return {};
  return Error(ErrorCode::limit_exceeded,
               "the manifests of one archive have more than " + std::to_string(limits::max_graph_bytes) + " bytes");
}

Result<void> ArchiveStream::State::write_end(const std::stop_token& stop) {
  DRAY_TRY(list_tops(index, put, *this));
  DRAY_TRY_ASSIGN(const auto documents, archive_documents(kind, index, *this));
  const std::lock_guard lock(turn);
  if (failure) return *failure;
  for (const auto& document : documents) {
    StringSource source(document.text);
    DRAY_TRY(add_file(document.path, document.text.size(), source, stop));
  }
  return writer.finish();
}

ArchiveStream::ArchiveStream(int file, ArchiveKind kind) : state_(std::make_unique<State>(file, kind)) {}
ArchiveStream::~ArchiveStream() = default;

ArchiveKind ArchiveStream::kind() const noexcept { return state_->kind; }

void ArchiveStream::call_by(RepositoryName repository) { state_->names.call_by(std::move(repository)); }

std::string ArchiveStream::describe() const { return archive_address(state_->kind, "-"); }

Result<bool> ArchiveStream::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->holds(blob.digest);
}

Result<void> ArchiveStream::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->write_blob(expected, open, stop);
}

Result<bool> ArchiveStream::has_manifest(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->holds(digest);
}

Result<void> ArchiveStream::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY(check_manifest(manifest));
  DRAY_TRY(state_->remember(manifest));
  return state_->write_blob(
      manifest.descriptor,
      [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(manifest.bytes); }, stop);
}

Result<void> ArchiveStream::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  {
    const std::lock_guard lock(state_->mutex);
    DRAY_TRY(state_->names.set(state_->index, tag, manifest.descriptor));
  }
  return put_manifest(manifest, stop);
}

Result<void> ArchiveStream::remove_tag(const std::string& tag, const std::stop_token& /*stop*/) {
  const std::lock_guard lock(state_->mutex);
  return state_->names.remove(state_->index, tag);
}

Result<void> ArchiveStream::remove_manifest(const Digest& /*digest*/, const std::stop_token& /*stop*/) {
  return cannot("no manifest can be removed");
}

Result<void> ArchiveStream::remove_blob(const Digest& /*digest*/, const std::stop_token& /*stop*/) {
  return cannot("no blob can be removed");
}

Result<void> ArchiveStream::finish(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return state_->write_end(stop).transform_error(
      [](Error error) { return std::move(error).context("end the archive on standard output"); });
}

}  // namespace dray
