#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/store/cache_limits.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace dray {

/// A blob that a cache holds.
struct CachedBlob {
  Digest digest;
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point used;  ///< When it was last read or stored.
};

/// What is to go from a cache: the least recently used first, and what meets any of these.
struct CachePruning {
  std::optional<std::uint64_t> to_bytes;  ///< Until so many bytes are left; 0: everything.
  std::optional<std::chrono::system_clock::time_point> unused_since;
  bool dry_run = false;
};

struct PrunedCache {
  std::vector<CachedBlob> removed;
  std::uint64_t removed_bytes = 0;
  std::uint64_t kept_blobs = 0;
  std::uint64_t kept_bytes = 0;
};

/// Blobs of any repositories in a folder of this user's, kept over many commands (docs/formats/cache.md). Safe from
/// many threads, and processes may share the folder: a blob appears in it by a rename, after its size and digest held,
/// and one that is removed while somebody reads it is read to its end. What lies in the folder is not trusted: a blob
/// is hashed whole before its first use in each process, and one that is not what its name says is removed and fetched
/// anew. Whoever stores what was read verifies it once more.
class BlobCache {
 public:
  /// Opens a cache or makes one (mode 0700). Errors: `invalid_input` for a folder that holds other things; `denied` for
  /// one that belongs to somebody else or that others may write to.
  [[nodiscard]] static Result<std::shared_ptr<BlobCache>> open(const std::filesystem::path& folder,
                                                               std::uint64_t max_bytes = limits::default_cache_bytes);
  /// Prunes to the size where something was stored, and throws away what was begun and not finished. What was opened
  /// stays good.
  ~BlobCache();
  BlobCache(const BlobCache&) = delete;
  BlobCache& operator=(const BlobCache&) = delete;

  /// Reads a blob from here, else from `source`, and then stores what passes: from any number of streams and ranges,
  /// as soon as they have covered the blob. A cache that cannot store, because its disk is full, somebody else is
  /// storing the blob, or the blob is larger than the cache, only passes on. `source` must outlive what is opened.
  /// Errors: those of `source.open_blob`.
  [[nodiscard]] Result<OpenedBlob> open_blob(ContentSource& source, const Descriptor& blob,
                                             const std::optional<ByteRange>& range, const std::stop_token& stop);

  /// The blob's file, verified, where it is here. It is to be read alone.
  [[nodiscard]] std::optional<FileDescriptor> blob_file(const Descriptor& blob, const std::stop_token& stop);

  /// What is here, the least recently used first. At most `max_cached_blobs` of an algorithm.
  [[nodiscard]] Result<std::vector<CachedBlob>> list() const;
  /// Removes blobs, and what processes that were killed have left behind.
  [[nodiscard]] Result<PrunedCache> prune(const CachePruning& pruning, const std::stop_token& stop);

  [[nodiscard]] const std::filesystem::path& folder() const noexcept;
  [[nodiscard]] std::uint64_t max_bytes() const noexcept;

 private:
  struct State;
  class Stream;
  explicit BlobCache(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace dray
