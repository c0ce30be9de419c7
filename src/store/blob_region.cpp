#include "blob_region.hpp"

#include <algorithm>

namespace dray {
namespace {

constexpr std::size_t read_back_buffer_bytes = 256UL * 1024;
/// What one write reads back and hashes of earlier arrivals: in proportion, so that no stream is held up for long.
constexpr std::uint64_t max_read_back_bytes = 4ULL * 1024 * 1024;
constexpr std::uint64_t read_back_factor = 8;
/// So much of each stream may be lost to a `kill -9`; more for blobs whose journal would grow too large.
constexpr std::uint64_t min_journal_step_bytes = 256ULL * 1024;
constexpr std::uint64_t max_journal_steps = 1ULL << 20;
constexpr std::uint64_t writeback_block_bytes = 8ULL * 1024 * 1024;
/// Streams whose last bytes are remembered before they make a record.
constexpr std::size_t max_unlogged_ranges = 64;

/// Sends the block that a stream has just left to the disk while more arrives, which takes most of the wait out of the
/// last sync.
void start_writeback_behind(const FileDescriptor& file, std::uint64_t begin, ByteRange written) {
  const auto block = written.end / writeback_block_bytes;
  if (written.begin / writeback_block_bytes == block) return;
  start_writeback(file, {begin + (block - 1) * writeback_block_bytes, begin + block * writeback_block_bytes});
}

}  // namespace

BlobRegion::BlobRegion(BlobPlace place, Descriptor blob)
    : place_(std::move(place)),
      blob_(std::move(blob)),
      journal_step_(std::max(min_journal_step_bytes, blob_.size / max_journal_steps)),
      digester_(blob_.digest.algorithm()) {
  progress_.unlogged.reserve(max_unlogged_ranges + 1);
}

Result<void> BlobRegion::take_up(std::uint64_t on_disk) {
  // A small blob gets its journal only when it is left unfinished.
  if (place_.journal.empty() || (blob_.size <= journal_step_ && on_disk == 0)) return {};
  DRAY_TRY_ASSIGN(journal_, Journal::open(*place_.root, place_.journal, blob_));
  const auto& ranges = journal_->found().ranges();
  if (ranges.empty()) return {};
  if (ranges.back().end > on_disk) return journal_->clear();  // it speaks of another file
  progress_.claimed = progress_.written = journal_->found();
  resumed_ = true;
  return {};
}

std::vector<ByteRange> BlobRegion::missing() const {
  const std::lock_guard lock(mutex_);
  return progress_.written.gaps({0, blob_.size});
}

bool BlobRegion::is_empty() const {
  const std::lock_guard lock(mutex_);
  return progress_.written.ranges().empty();
}

Result<void> BlobRegion::write(std::uint64_t offset, ByteView bytes) {
  if (offset > blob_.size || bytes.size() > blob_.size - offset) {
    return Error(ErrorCode::digest_mismatch, "more bytes came than the blob has");
  }
  if (bytes.empty()) return {};
  const ByteRange range{offset, offset + bytes.size()};
  std::vector<ByteRange> gaps;
  bool all_new = false;
  {
    const std::lock_guard lock(mutex_);
    all_new = !progress_.claimed.overlaps(range);
    if (!all_new) gaps = progress_.claimed.gaps(range);
    progress_.claimed.add(range);
  }
  auto done = Result<void>();
  if (all_new) done = write_gap(range, bytes);
  for (const auto gap : gaps) {
    if (done) {
      done = write_gap(gap, bytes.subspan(gap.begin - offset, gap.size()));
    } else {
      const std::lock_guard lock(mutex_);
      progress_.claimed.remove(gap);
    }
  }
  return done;
}

void BlobRegion::claim_all() {
  const std::lock_guard lock(mutex_);
  progress_.claimed.add({0, blob_.size});
  progress_.written.add({0, blob_.size});
}

/// Writes a range that this call alone has claimed.
Result<void> BlobRegion::write_gap(ByteRange range, ByteView bytes) {
  const auto done = write_at(place_.file, place_.begin + range.begin, bytes);
  std::optional<ByteRange> loggable;
  ByteRange front;
  {
    const std::lock_guard lock(mutex_);
    if (!done) {
      progress_.claimed.remove(range);
      return done;
    }
    progress_.written.add(range);
    loggable = take_loggable(range);
    front = {progress_.hashed, progress_.written.contiguous_end(progress_.hashed)};
    if (progress_.hashing) front = {};
    if (!front.empty()) progress_.hashing = true;
  }
  if (loggable) {
    log(*loggable);
    start_writeback_behind(place_.file, place_.begin, *loggable);
  }
  if (front.empty()) return {};
  return hash_front(front, range, bytes);
}

/// Adds to what the journal does not tell yet, and takes out what is large enough for a record. Under the lock.
std::optional<ByteRange> BlobRegion::take_loggable(ByteRange range) {
  auto& unlogged = progress_.unlogged;
  auto grown = std::find_if(unlogged.begin(), unlogged.end(), [&](const auto& one) { return one.end == range.begin; });
  if (grown != unlogged.end()) {
    grown->end = range.end;
  } else {
    grown = unlogged.insert(unlogged.end(), range);
  }
  if (unlogged.size() > max_unlogged_ranges) grown = unlogged.begin();
  if (unlogged.size() <= max_unlogged_ranges && grown->size() < journal_step_) return {};
  const auto taken = *grown;
  unlogged.erase(grown);
  return taken;
}

/// A record that cannot be written costs a later process some bytes, and this one nothing: the blob's own writes
/// tell of a full or broken disk.
void BlobRegion::log(ByteRange range) noexcept {
  if (journal_) (void)journal_->append(range);
}

/// Says in the journal all that is on disk, for the next one who begins this blob.
void BlobRegion::log_rest() noexcept {
  if (place_.journal.empty()) return;
  if (!journal_) {
    auto journal = Journal::open(*place_.root, place_.journal, blob_);
    if (!journal || !journal->clear()) return;
    journal_.emplace(std::move(*journal));
  }
  for (const auto range : progress_.unlogged) log(range);
  progress_.unlogged.clear();
}

/// Hashes from `front.begin` on, at most to its end: the bytes at hand from memory, earlier arrivals from the file.
Result<void> BlobRegion::hash_front(ByteRange front, ByteRange at_hand, ByteView bytes) {
  auto budget = std::min(max_read_back_bytes, read_back_factor * bytes.size());
  auto done = Result<void>();
  while (done && !front.empty()) {
    if (front.begin >= at_hand.begin && front.begin < at_hand.end) {
      digester_.update(bytes.subspan(front.begin - at_hand.begin));
      front.begin = at_hand.end;
      continue;
    }
    auto part = ByteRange{front.begin, std::min(front.end, front.begin + budget)};
    if (part.begin < at_hand.begin) part.end = std::min(part.end, at_hand.begin);
    if (part.empty()) break;
    const auto read = hash_from_file(part);
    if (read) {
      front.begin += *read;
      budget -= *read;
    } else {
      done = read.error();
    }
  }
  const std::lock_guard lock(mutex_);
  progress_.hashed = front.begin;
  progress_.hashing = false;
  return done;
}

/// Reads back and hashes one buffer of what is on disk; how many bytes that were.
Result<std::uint64_t> BlobRegion::hash_from_file(ByteRange range) {
  buffer_.resize(read_back_buffer_bytes);
  const auto into = ByteSpan(buffer_).first(std::min<std::uint64_t>(buffer_.size(), range.size()));
  DRAY_TRY_ASSIGN(const auto count, read_at(place_.file, place_.begin + range.begin, into));
  if (count == 0) return Error(ErrorCode::io, "the file was cut while it was written");
  digester_.update(into.first(count));
  return count;
}

Result<void> BlobRegion::hash_rest(const std::stop_token& stop) {
  ByteRange rest;
  {
    const std::lock_guard lock(mutex_);
    rest = {progress_.hashed, blob_.size};
  }
  auto done = Result<void>();
  while (done && !rest.empty()) {
    if (stop.stop_requested()) {
      done = Error(ErrorCode::cancelled, "stopped before it was verified");
    } else if (const auto read = hash_from_file(rest); read) {
      rest.begin += *read;
    } else {
      done = read.error();
    }
  }
  const std::lock_guard lock(mutex_);
  progress_.hashed = rest.begin;
  return done;
}

Result<void> BlobRegion::check(const std::stop_token& stop) {
  const auto absent = missing();
  if (!absent.empty()) {
    std::uint64_t sum = 0;
    for (const auto& range : absent) sum += range.size();
    return Error(ErrorCode::unavailable, std::to_string(sum) + " bytes are missing");
  }
  DRAY_TRY(hash_rest(stop));
  const auto found = digester_.finish();
  if (found == blob_.digest) return {};
  return Error(ErrorCode::digest_mismatch, std::string("the bytes have the digest ") + found.text() +
                                               (resumed_ ? ", a part was there from an earlier try" : "") +
                                               "; they were thrown away");
}

void BlobRegion::forget() noexcept {
  // One that stays tells about no file and is overwritten or cleaned up.
  if (!place_.journal.empty()) (void)place_.root->remove_file(place_.journal);
}

}  // namespace dray
