#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "blob_fetcher.hpp"
#include "services.hpp"

namespace dray::ops {

/// Bytes of one blob in order, from any offset, over one connection at a time: a stream that breaks is opened again
/// where it stopped, by the rule of `resume_wait`. Bytes in front of the offset, from a place that cannot skip, are
/// dropped. Used by one thread.
class BlobStream {
 public:
  BlobStream(BlobFetcher& fetcher, TransferServices& services, std::stop_token stop)
      : fetcher_(fetcher), services_(services), stop_(std::move(stop)) {}

  /// Says what is wanted next. Keeps the connection where it stands at `range.begin` or can get there.
  void seek(const ByteRange& range);
  /// Opens the connection unless it is open; one try. `read` does so by itself, and more often.
  [[nodiscard]] Result<void> connect();
  /// At least a byte of what is wanted; the caller does not read past its end. Errors are final.
  [[nodiscard]] Result<std::size_t> read(ByteSpan into);
  /// Call at the end of what is wanted. Reads the answer's end, so that its connection can serve again.
  /// `digest_mismatch` when the blob goes on behind its size.
  [[nodiscard]] Result<void> finish();

  /// The offset of the next byte that `read` gives.
  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  /// The offset at which the open connection goes on by itself; nullopt where there is none that has more.
  [[nodiscard]] std::optional<std::uint64_t> goes_on_at() const noexcept {
    return source_ && source_position_ < source_end_ ? std::optional(source_position_) : std::nullopt;
  }
  /// How often it broke so far.
  [[nodiscard]] std::size_t times_cut() const noexcept { return times_cut_; }
  /// True once a place began elsewhere than asked.
  [[nodiscard]] bool ignores_ranges() const noexcept { return ignores_ranges_; }

 private:
  Result<void> open_here();
  Result<std::size_t> read_here(ByteSpan into);
  Result<void> wait_after(Error cut);
  [[nodiscard]] Error given_up(Error cut) const;

  BlobFetcher& fetcher_;
  TransferServices& services_;
  std::stop_token stop_;
  std::unique_ptr<ByteSource> source_;  // null when there is no connection
  std::uint64_t source_position_ = 0;   // of the next byte from it; before `position_` while bytes are to be dropped
  std::uint64_t source_end_ = 0;        // where it was asked to end
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;
  bool ignores_ranges_ = false;
  std::optional<std::uint64_t> ended_at_;  // where a stream last ended without an error
  std::size_t times_cut_ = 0;
  int cuts_ = 0;  // in a row
  std::uint64_t bytes_since_cut_ = 0;
  bool any_bytes_since_cuts_ = false;
};

/// A whole blob from its first byte, resumed as above, for a sink that pulls.
class ResumingSource final : public ByteSource {
 public:
  /// `on_position` is told how far it is.
  ResumingSource(BlobFetcher& fetcher, TransferServices& services, std::function<void(std::uint64_t)> on_position,
                 const std::stop_token& stop);
  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override;

 private:
  BlobStream stream_;
  std::function<void(std::uint64_t)> on_position_;
  std::uint64_t size_;
  bool finished_ = false;
};

}  // namespace dray::ops
