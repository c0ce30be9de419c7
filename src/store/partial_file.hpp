#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/digester.hpp>
#include <dray/store/abilities.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "journal.hpp"
#include "range_set.hpp"

namespace dray {

/// Where a blob is published inside a layout: `blobs/<algorithm>/<hex>`.
[[nodiscard]] std::string blob_path(const Digest& digest);
/// `<algorithm>-<hex>.partial` and `….journal`, inside the temporary folder.
[[nodiscard]] std::string partial_name(const Digest& digest);
[[nodiscard]] std::string journal_name(const Digest& digest);

/// Where a place on disk publishes a blob, below its root: a name in the root, or in folders that are made when needed.
using BlobPath = std::string (*)(const Digest&);

/// The folder that holds blobs of the algorithm; made, and made to last, when it is absent.
[[nodiscard]] Result<void> make_blob_folder(const Directory& root, DigestAlgorithm algorithm);

/// True when the place has a file of the blob's digest and size.
[[nodiscard]] Result<bool> blob_is_there(const Directory& root, const Descriptor& blob, BlobPath path_of = blob_path);

/// A blob on its way into a layout, or another place that names files by digest: a file in the temporary folder, locked
/// while it is written, with a journal of the ranges that are on disk. Bytes are hashed from memory as the contiguous
/// front grows; what arrived ahead of the front is read back, a little with each write, the rest at commit. A range
/// that stands already is not written again, so that what was hashed is what is published.
class PartialFile final : public PositionedWriter {
 public:
  /// nullptr when the blob is there, or when the one who was waited for has published it.
  [[nodiscard]] static Result<std::unique_ptr<PartialFile>> begin(std::shared_ptr<const Directory> root,
                                                                  const Descriptor& blob, Clock& clock,
                                                                  const std::stop_token& stop,
                                                                  BlobPath path_of = blob_path);
  ~PartialFile() override;
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  [[nodiscard]] std::vector<ByteRange> missing() const override;
  [[nodiscard]] bool resumed() const noexcept override { return resumed_; }
  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteView bytes) override;
  /// Called once, when no write is under way.
  [[nodiscard]] Result<void> commit(const std::stop_token& stop) override;

  /// Throws the bytes away; afterwards only the destructor may be called.
  void discard() noexcept;

 private:
  struct Progress {
    RangeSet claimed;                 // on disk or being written
    RangeSet written;                 // on disk
    std::vector<ByteRange> unlogged;  // on disk, not in the journal; about one for each stream
    std::uint64_t hashed = 0;         // everything before is in the digester
    bool hashing = false;             // a thread has the digester and the buffer
  };

  PartialFile(std::shared_ptr<const Directory> root, Descriptor blob, FileDescriptor file, BlobPath path_of);
  [[nodiscard]] Result<void> take_up();
  [[nodiscard]] Result<void> write_gap(ByteRange range, ByteView bytes);
  void log(ByteRange range) noexcept;
  void log_rest() noexcept;
  [[nodiscard]] std::optional<ByteRange> take_loggable(ByteRange range);
  [[nodiscard]] Result<void> hash_front(ByteRange front, ByteRange at_hand, ByteView bytes);
  [[nodiscard]] Result<std::uint64_t> hash_from_file(ByteRange range);
  [[nodiscard]] Result<void> hash_rest(const std::stop_token& stop);
  [[nodiscard]] Result<void> publish();
  [[nodiscard]] Error in_context(Error error) const;

  const std::shared_ptr<const Directory> root_;
  const Descriptor blob_;
  const BlobPath path_of_;
  const std::uint64_t journal_step_;
  FileDescriptor file_;
  std::optional<Journal> journal_;
  bool resumed_ = false;
  bool finished_ = false;

  mutable std::mutex mutex_;
  Progress progress_;  // under mutex_
  Digester digester_;  // these two belong to the thread that set progress_.hashing
  std::vector<std::byte> buffer_;
};

}  // namespace dray
