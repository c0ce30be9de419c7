#include "partial_file.hpp"

#include <algorithm>
#include <limits>

#include "temporary.hpp"

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

std::string in_temporary_folder(const std::string& name) { return std::string(temporary_folder) + "/" + name; }

std::string stem(const Digest& digest) {
  return std::string(name(digest.algorithm())) + "-" + std::string(digest.hex());
}

/// Sends the block that a stream has just left to the disk while more arrives, which takes most of the wait out of the
/// last sync.
void start_writeback_behind(const FileDescriptor& file, ByteRange written) {
  const auto block = written.end / writeback_block_bytes;
  if (written.begin / writeback_block_bytes == block) return;
  start_writeback(file, {(block - 1) * writeback_block_bytes, block * writeback_block_bytes});
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
      journal_step_(std::max(min_journal_step_bytes, blob_.size / max_journal_steps)),
      file_(std::move(file)),
      digester_(blob_.digest.algorithm()) {
  progress_.unlogged.reserve(max_unlogged_ranges + 1);
}

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
    if (!partial->resumed_) partial->discard();
    return error;
  }
  return partial;
}

/// Finds out what an earlier process left, and sets space aside for the rest.
Result<void> PartialFile::take_up() {
  if (const auto folder = folder_of(path_of_(blob_.digest)); !folder.empty()) DRAY_TRY(make_folders(*root_, folder));
  DRAY_TRY_ASSIGN(const auto on_disk, size_of(file_));
  // A small blob gets its journal only when it is left unfinished.
  if (blob_.size > journal_step_ || on_disk > 0) {
    DRAY_TRY_ASSIGN(journal_, Journal::open(*root_, in_temporary_folder(journal_name(blob_.digest)), blob_));
    const auto& ranges = journal_->found().ranges();
    if (!ranges.empty() && ranges.back().end <= on_disk) {
      progress_.claimed = progress_.written = journal_->found();
      resumed_ = true;
    } else {  // the journal knows nothing, or speaks of another file
      if (!ranges.empty()) DRAY_TRY(journal_->clear());
      DRAY_TRY(resize(file_, 0));
    }
  }
  if (on_disk > blob_.size) DRAY_TRY(resize(file_, blob_.size));
  return reserve(file_, blob_.size);
}

PartialFile::~PartialFile() {
  if (finished_) return;
  if (progress_.written.ranges().empty()) {
    discard();
  } else {
    log_rest();
  }
}

Error PartialFile::in_context(Error error) const {
  return std::move(error).context("blob " + blob_.digest.text() + " (" + std::to_string(blob_.size) + " bytes) into " +
                                  root_->path().string());
}

std::vector<ByteRange> PartialFile::missing() const {
  const std::lock_guard lock(mutex_);
  return progress_.written.gaps({0, blob_.size});
}

Result<void> PartialFile::write(std::uint64_t offset, ByteView bytes) {
  if (offset > blob_.size || bytes.size() > blob_.size - offset) {
    return in_context({ErrorCode::digest_mismatch, "more bytes came than the blob has"});
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
  return std::move(done).transform_error([this](Error error) { return in_context(std::move(error)); });
}

/// Writes a range that this call alone has claimed.
Result<void> PartialFile::write_gap(ByteRange range, ByteView bytes) {
  const auto done = write_at(file_, range.begin, bytes);
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
    start_writeback_behind(file_, *loggable);
  }
  if (front.empty()) return {};
  return hash_front(front, range, bytes);
}

/// Adds to what the journal does not tell yet, and takes out what is large enough for a record. Under the lock.
std::optional<ByteRange> PartialFile::take_loggable(ByteRange range) {
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
void PartialFile::log(ByteRange range) noexcept {
  if (journal_) (void)journal_->append(range);
}

/// Says in the journal all that is on disk, for the next one who begins this blob.
void PartialFile::log_rest() noexcept {
  if (!journal_) {
    auto journal = Journal::open(*root_, in_temporary_folder(journal_name(blob_.digest)), blob_);
    if (!journal || !journal->clear()) return;
    journal_.emplace(std::move(*journal));
  }
  for (const auto range : progress_.unlogged) log(range);
  progress_.unlogged.clear();
}

/// Hashes from `front.begin` on, at most to its end: the bytes at hand from memory, earlier arrivals from the file.
Result<void> PartialFile::hash_front(ByteRange front, ByteRange at_hand, ByteView bytes) {
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
Result<std::uint64_t> PartialFile::hash_from_file(ByteRange range) {
  buffer_.resize(read_back_buffer_bytes);
  const auto into = ByteSpan(buffer_).first(std::min<std::uint64_t>(buffer_.size(), range.size()));
  DRAY_TRY_ASSIGN(const auto count, read_at(file_, range.begin, into));
  if (count == 0) return Error(ErrorCode::io, "the partial file was cut while it was written");
  digester_.update(into.first(count));
  return count;
}

Result<void> PartialFile::hash_rest(const std::stop_token& stop) {
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

Result<void> PartialFile::commit(const std::stop_token& stop) {
  const auto absent = missing();
  if (!absent.empty()) {
    std::uint64_t sum = 0;
    for (const auto& range : absent) sum += range.size();
    return in_context({ErrorCode::unavailable, std::to_string(sum) + " bytes are missing"});
  }
  if (auto hashed = hash_rest(stop); !hashed) return in_context(std::move(hashed).error());
  const auto found = digester_.finish();
  if (found != blob_.digest) {
    discard();
    return in_context({ErrorCode::digest_mismatch, std::string("the bytes have the digest ") + found.text() +
                                                       (resumed_ ? ", a part was there from an earlier try" : "") +
                                                       "; they were thrown away"});
  }
  return publish().transform_error([this](Error error) { return in_context(std::move(error)); });
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
    // One that stays tells about no file and is overwritten or cleaned up.
    (void)root_->remove_file(in_temporary_folder(journal_name(blob_.digest)));
  } else {
    log_rest();
  }
  finished_ = true;
  file_.close();
  return renamed;
}

void PartialFile::discard() noexcept {
  if (finished_) return;  // the names may be another writer's by now
  // Nothing better can be done about what cannot be removed; it is not published, and begun anew next time.
  (void)root_->remove_file(in_temporary_folder(journal_name(blob_.digest)));
  (void)root_->remove_file(in_temporary_folder(partial_name(blob_.digest)));
  finished_ = true;
  file_.close();
}

}  // namespace dray
