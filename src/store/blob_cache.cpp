#include <dray/store/blob_cache.hpp>

#include <sys/stat.h>
#include <unistd.h>
#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <map>
#include <set>

#include "blob_range.hpp"
#include "disk_blobs.hpp"
#include "temporary.hpp"

namespace dray {
namespace {

constexpr const char* marker = "dray-cache";
constexpr std::string_view marker_text = "version 1\n";
constexpr const char* marker_lock = "cache.lock";
constexpr unsigned folder_mode = 0700;
constexpr std::size_t buffer_bytes = 256UL * 1024;
/// So large a part of the cache may come in before it is pruned while a process runs on.
constexpr std::uint64_t prunings_a_cache = 8;

/// A lock that somebody else has is not waited for: who reads wants the bytes, not the cache.
class Impatient final : public Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override { return system_clock().now(); }
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const override { return system_clock().wall_now(); }
  bool sleep_for(std::chrono::milliseconds /*duration*/, const std::stop_token& /*stop*/) override { return false; }
};

Result<void> check_private(const Directory& root) {
  struct stat status{};
  if (::fstat(root.fd(), &status) != 0) return errno_error("look at the cache " + root.path().string(), errno);
  if (status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return Error(ErrorCode::denied, "the cache " + root.path().string() +
                                      " belongs to somebody else, or others may write to it: choose a folder of your "
                                      "own (mode 0700)");
}

Result<void> mark(const Directory& root) {
  DRAY_TRY(check_not_foreign(root, marker, "cache of blobs"));
  DRAY_TRY_ASSIGN(const bool marked, root.exists(marker));
  if (marked) return {};
  // Others may make it at this moment: what is not the marker yet lies where nobody takes it for something foreign.
  DRAY_TRY_ASSIGN(const auto lock, lock_temporary(root, marker_lock, system_clock(), {}));
  return replace_file(root, marker, marker_text);
}

/// Reads all of it; true when it is what the digest says.
Result<bool> is_sound(ByteSource& bytes, const Digest& digest, const std::stop_token& stop) {
  Digester digester(digest.algorithm());
  std::vector<std::byte> buffer(buffer_bytes);
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto count, bytes.read(buffer));
    if (count == 0) return digester.finish() == digest;
    digester.update(ByteView(buffer).first(count));
  }
}

/// A blob that is on its way in.
struct Fill {
  explicit Fill(std::unique_ptr<PartialFile> file) : partial(std::move(file)) {}
  std::unique_ptr<PartialFile> partial;
  std::atomic<bool> broken = false;
  std::size_t streams = 0;  ///< Under the lock of the map that it is in.
};

using Fills = std::map<Digest, std::shared_ptr<Fill>>;

}  // namespace

struct BlobCache::State {
  State(Directory opened, std::uint64_t bytes)
      : root(std::make_shared<const Directory>(std::move(opened))), blobs(root), max_bytes(bytes) {}
  ~State();

  [[nodiscard]] std::optional<OpenedBlob> find(const Descriptor& blob, const std::optional<ByteRange>& range,
                                               const std::stop_token& stop);
  [[nodiscard]] bool is_verified(const Descriptor& blob, const std::stop_token& stop);
  [[nodiscard]] std::shared_ptr<Fill> join(const Descriptor& blob, const std::stop_token& stop);
  void leave(const Descriptor& blob, const std::shared_ptr<Fill>& fill) noexcept;
  void store(const Descriptor& blob, Fill& fill) noexcept;
  [[nodiscard]] bool has_room(const Descriptor& blob) const;
  [[nodiscard]] Result<std::vector<CachedBlob>> list() const;
  [[nodiscard]] Result<PrunedCache> prune(const CachePruning& pruning, const std::stop_token& stop) const;

  const std::shared_ptr<const Directory> root;
  const DiskBlobs blobs;
  const std::uint64_t max_bytes;
  std::atomic<std::uint64_t> added = 0;  ///< Bytes since it was pruned last.
  Guarded<Fills> fills;
  Guarded<std::set<Digest>> verified;
};

/// Passes on what a source gives, and a copy of it to the fill.
class BlobCache::Stream final : public ByteSource {
 public:
  Stream(std::shared_ptr<State> state, Descriptor blob, std::shared_ptr<Fill> fill, OpenedBlob inner)
      : state_(std::move(state)),
        blob_(std::move(blob)),
        fill_(std::move(fill)),
        inner_(std::move(inner.bytes)),
        at_(inner.begin) {}
  ~Stream() override { state_->leave(blob_, fill_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Result<std::size_t> read(ByteSpan into) override {
    DRAY_TRY_ASSIGN(const auto count, inner_->read(into));
    if (count > 0 && !fill_->broken && !fill_->partial->write(at_, ByteView(into).first(count))) fill_->broken = true;
    at_ += count;
    return count;
  }

 private:
  std::shared_ptr<State> state_;
  Descriptor blob_;
  std::shared_ptr<Fill> fill_;
  std::unique_ptr<ByteSource> inner_;
  std::uint64_t at_;
};

BlobCache::State::~State() {
  fills.with([](Fills& all) {
    for (const auto& [digest, fill] : all) fill->partial->discard();
  });
  // A cache that cannot be pruned now is pruned by the next one who adds to it.
  if (added > 0) (void)prune({.to_bytes = max_bytes, .unused_since = {}}, {});
  blobs.remove_leftovers({marker_lock});
}

bool BlobCache::State::is_verified(const Descriptor& blob, const std::stop_token& stop) {
  if (verified.with([&](const auto& all) { return all.contains(blob.digest); })) return true;
  const auto whole = blobs.open(blob, std::nullopt);
  if (!whole) return false;
  const auto sound = is_sound(*whole->bytes, blob.digest, stop);
  if (!sound || !*sound) return false;
  verified.with([&](auto& all) { all.insert(blob.digest); });
  return true;
}

/// What is here and what it should be; nothing else is an error, for the source is still there to be asked.
std::optional<OpenedBlob> BlobCache::State::find(const Descriptor& blob, const std::optional<ByteRange>& range,
                                                 const std::stop_token& stop) {
  if (!range_within(blob, range)) return std::nullopt;
  auto opened = blobs.open(blob, range);
  if (!opened && opened.error().code() == ErrorCode::not_found) return std::nullopt;
  if (opened && is_verified(blob, stop)) {
    (void)root->touch(blob_path(blob.digest), system_clock().wall_now());
    return std::optional(*std::move(opened));
  }
  // Another size, a link, other bytes: whatever it is, it stands where the blob should.
  if (!stop.stop_requested()) (void)blobs.remove(blob.digest);
  return std::nullopt;
}

bool BlobCache::State::has_room(const Descriptor& blob) const {
  if (blob.size == 0 || blob.size > max_bytes) return false;
  const auto free = root->free_bytes();
  // The destination may lie on the same disk and want as much.
  return free && *free / 2 >= blob.size && *free - 2 * blob.size >= limits::min_cache_spare_bytes;
}

/// The fill of the blob, for one more stream; nullptr where it is not to be stored.
std::shared_ptr<Fill> BlobCache::State::join(const Descriptor& blob, const std::stop_token& stop) {
  const auto known = [&](Fills& all) -> std::shared_ptr<Fill> {
    const auto found = all.find(blob.digest);
    if (found == all.end()) return nullptr;
    ++found->second->streams;
    return found->second;
  };
  if (auto fill = fills.with(known)) return fill;
  if (!has_room(blob)) return nullptr;
  Impatient clock;
  auto partial = PartialFile::begin(root, blob, clock, stop);
  if (!partial || *partial == nullptr) return nullptr;
  auto fill = std::make_shared<Fill>(*std::move(partial));
  fill->streams = 1;
  // Only who has the partial file's lock comes so far.
  fills.with([&](Fills& all) { all.insert_or_assign(blob.digest, fill); });
  return fill;
}

void BlobCache::State::leave(const Descriptor& blob, const std::shared_ptr<Fill>& fill) noexcept {
  const bool is_done = fills.with([&](Fills& all) {
    if (--fill->streams > 0) return false;
    // What was cut may go on in another stream.
    if (!fill->broken && !fill->partial->missing().empty()) return false;
    all.erase(blob.digest);
    return true;
  });
  if (is_done) store(blob, *fill);
}

void BlobCache::State::store(const Descriptor& blob, Fill& fill) noexcept {
  if (fill.broken || !fill.partial->commit({})) {
    fill.partial->discard();
    return;
  }
  verified.with([&](auto& all) { all.insert(blob.digest); });
  added += blob.size;
  if (added < max_bytes / prunings_a_cache) return;
  added = 0;
  (void)prune({.to_bytes = max_bytes, .unused_since = {}}, {});
}

Result<std::vector<CachedBlob>> BlobCache::State::list() const {
  std::vector<CachedBlob> found;
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const auto opened = root->open_directory("blobs/" + std::string(name(algorithm)));
    if (!opened && opened.error().code() == ErrorCode::not_found) continue;
    if (!opened) return opened.error();
    DRAY_TRY_ASSIGN(const auto names, opened->list(limits::max_cached_blobs));
    for (const auto& file : names) {
      auto digest = Digest::parse(std::string(name(algorithm)) + ":" + file);
      if (!digest) continue;  // not ours
      const auto status = opened->status(file);
      if (!status || status->kind != FileStatus::Kind::file) continue;  // gone meanwhile, or not ours
      found.push_back({*std::move(digest), status->size, status->modified});
    }
  }
  std::ranges::sort(
      found, [](const auto& a, const auto& b) { return a.used != b.used ? a.used < b.used : a.digest < b.digest; });
  return found;
}

Result<PrunedCache> BlobCache::State::prune(const CachePruning& pruning, const std::stop_token& stop) const {
  DRAY_TRY_ASSIGN(auto found, list());
  PrunedCache report;
  for (const auto& blob : found) report.kept_bytes += blob.size;
  for (auto& blob : found) {
    DRAY_TRY(check_running(stop));
    const bool too_much = pruning.to_bytes && (report.kept_bytes > *pruning.to_bytes || *pruning.to_bytes == 0);
    const bool too_old = pruning.unused_since && blob.used < *pruning.unused_since;
    if (!too_much && !too_old) {
      ++report.kept_blobs;
      continue;
    }
    if (!pruning.dry_run) DRAY_TRY(blobs.remove(blob.digest));
    report.kept_bytes -= blob.size;
    report.removed_bytes += blob.size;
    report.removed.push_back(std::move(blob));
  }
  if (!pruning.dry_run) blobs.remove_abandoned();
  return report;
}

Result<std::shared_ptr<BlobCache>> BlobCache::open(const std::filesystem::path& folder, std::uint64_t max_bytes) {
  DRAY_TRY_ASSIGN(auto root, Directory::create(folder, folder_mode));
  DRAY_TRY(check_private(root));
  DRAY_TRY(mark(root));
  return std::shared_ptr<BlobCache>(new BlobCache(std::make_shared<State>(std::move(root), max_bytes)));
}

BlobCache::~BlobCache() = default;

Result<OpenedBlob> BlobCache::open_blob(ContentSource& source, const Descriptor& blob,
                                        const std::optional<ByteRange>& range, const std::stop_token& stop) {
  if (auto found = state_->find(blob, range, stop)) return *std::move(found);
  DRAY_TRY_ASSIGN(auto opened, source.open_blob(blob, range, stop));
  auto fill = state_->join(blob, stop);
  if (!fill) return opened;
  const auto begin = opened.begin;
  return OpenedBlob{std::make_unique<Stream>(state_, blob, std::move(fill), std::move(opened)), begin};
}

std::optional<FileDescriptor> BlobCache::blob_file(const Descriptor& blob, const std::stop_token& stop) {
  if (!state_->find(blob, std::nullopt, stop)) return std::nullopt;
  return state_->blobs.file(blob);
}

Result<std::vector<CachedBlob>> BlobCache::list() const { return state_->list(); }

Result<PrunedCache> BlobCache::prune(const CachePruning& pruning, const std::stop_token& stop) {
  return state_->prune(pruning, stop);
}

const std::filesystem::path& BlobCache::folder() const noexcept { return state_->root->path(); }

std::uint64_t BlobCache::max_bytes() const noexcept { return state_->max_bytes; }

}  // namespace dray
