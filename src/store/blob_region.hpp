#pragma once

#include <dray/base/file.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/digester.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "journal.hpp"
#include "range_set.hpp"

namespace dray {

/// A part of an open file that is to hold one blob, and the journal that tells of it.
struct BlobPlace {
  const FileDescriptor& file;  ///< Outlives the region.
  std::uint64_t begin = 0;
  std::shared_ptr<const Directory> root;
  std::string journal;  ///< Its path below `root`; empty: there is none.
};

/// The bytes of one blob, written at any offset by several threads, with a journal of the ranges that are on disk.
/// Bytes are hashed from memory as the contiguous front grows; what arrived ahead of the front is read back, a little
/// with each write, the rest at the end. A range that stands already is not written again, so that what was hashed is
/// what is there.
class BlobRegion {
 public:
  BlobRegion(BlobPlace place, Descriptor blob);

  /// Finds out what an earlier process left in the first `on_disk` bytes; called once, before anything is written.
  [[nodiscard]] Result<void> take_up(std::uint64_t on_disk);
  /// True when it left something.
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }

  [[nodiscard]] std::vector<ByteRange> missing() const;
  [[nodiscard]] bool is_empty() const;
  /// As `PositionedWriter::write`.
  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteView bytes);
  /// All bytes are there, written by other means; called before any write.
  void claim_all();
  /// True when all bytes are there and have the blob's digest; afterwards the region is done with. Called once, when
  /// no write is under way. Errors: `unavailable` when bytes are missing; `digest_mismatch`; `cancelled`.
  [[nodiscard]] Result<void> check(const std::stop_token& stop);

  /// Says in the journal all that is on disk, for the next one who begins this blob.
  void log_rest() noexcept;
  /// Removes the journal.
  void forget() noexcept;

 private:
  struct Progress {
    RangeSet claimed;                 // on disk or being written
    RangeSet written;                 // on disk
    std::vector<ByteRange> unlogged;  // on disk, not in the journal; about one for each stream
    std::uint64_t hashed = 0;         // everything before is in the digester
    bool hashing = false;             // a thread has the digester and the buffer
  };

  [[nodiscard]] Result<void> write_gap(ByteRange range, ByteView bytes);
  void log(ByteRange range) noexcept;
  [[nodiscard]] std::optional<ByteRange> take_loggable(ByteRange range);
  [[nodiscard]] Result<void> hash_front(ByteRange front, ByteRange at_hand, ByteView bytes);
  [[nodiscard]] Result<std::uint64_t> hash_from_file(ByteRange range);
  [[nodiscard]] Result<void> hash_rest(const std::stop_token& stop);

  const BlobPlace place_;
  const Descriptor blob_;
  const std::uint64_t journal_step_;
  std::optional<Journal> journal_;
  bool resumed_ = false;

  mutable std::mutex mutex_;
  Progress progress_;  // under mutex_
  Digester digester_;  // these two belong to the thread that set progress_.hashing
  std::vector<std::byte> buffer_;
};

}  // namespace dray
