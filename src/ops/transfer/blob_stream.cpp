#include "blob_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dray/core/limits.hpp>

#include "../naming.hpp"
#include "resume_rule.hpp"

namespace dray::ops {

namespace {

/// Most places name the blob themselves.
Error about(Error error, const Digest& digest) {
  if (error.message().find(digest.text_view()) != std::string::npos) return error;
  return std::move(error).context("blob " + digest.text());
}

}  // namespace

void BlobStream::seek(const ByteRange& range) {
  const bool stands_there = source_ && source_position_ == range.begin && range.begin < source_end_;
  // A place that cannot skip would send all from the beginning again.
  const bool runs_there = source_ && ignores_ranges_ && source_position_ <= range.begin;
  if (!stands_there && !runs_there) source_.reset();
  position_ = range.begin;
  end_ = range.end;
}

Result<void> BlobStream::connect() {
  return open_here().transform_error([this](Error e) { return about(std::move(e), fetcher_.blob().digest); });
}

Result<void> BlobStream::open_here() {
  if (source_) return {};
  const auto size = fetcher_.blob().size;
  std::optional<ByteRange> range = ByteRange{position_, end_};
  if (position_ == 0 && end_ == size) range.reset();
  DRAY_TRY_ASSIGN(auto opened, fetcher_.open(range, stop_));
  if (opened.begin > position_) {
    return Error(ErrorCode::protocol,
                 fmt::format("the bytes begin at {}, although those from {} were asked for", opened.begin, position_));
  }
  source_ = std::move(opened.bytes);
  source_position_ = opened.begin;
  source_end_ = end_;
  if (opened.begin != position_) {
    ignores_ranges_ = true;
    source_end_ = size;
  }
  return {};
}

Result<std::size_t> BlobStream::read(ByteSpan into) {
  if (source_ && source_position_ >= source_end_) source_.reset();  // all that it was asked for
  while (true) {
    auto count = read_here(into);
    if (count && *count > 0) return count;
    if (count) ended_at_ = position_;
    auto cut = count ? Error(ErrorCode::unavailable, "the stream ended early") : std::move(count).error();
    source_.reset();
    DRAY_TRY(wait_after(std::move(cut)));
  }
}

Result<std::size_t> BlobStream::read_here(ByteSpan into) {
  DRAY_TRY(open_here());
  while (true) {
    const auto ahead = position_ - source_position_;
    const auto room =
        ahead == 0 ? into : into.first(static_cast<std::size_t>(std::min<std::uint64_t>(ahead, into.size())));
    DRAY_TRY_ASSIGN(const auto count, source_->read(room));
    source_position_ += count;
    services_.totals.received += count;
    if (count > 0) services_.on_bytes();
    if (count > 0 && ahead > 0) continue;  // dropped
    position_ += count;
    bytes_since_cut_ += count;
    any_bytes_since_cuts_ |= count > 0;
    if (bytes_since_cut_ >= limits::resume_progress_bytes) {
      cuts_ = 0;
      any_bytes_since_cuts_ = false;
    }
    return count;
  }
}

Result<void> BlobStream::wait_after(Error cut) {
  const auto& digest = fetcher_.blob().digest;
  if (stop_.stop_requested()) return Error(ErrorCode::cancelled, "blob " + digest.text() + ": stopped");
  bytes_since_cut_ = 0;
  ++times_cut_;
  ++cuts_;
  const auto wait =
      can_resume(cut.code()) ? resume_wait({cuts_, any_bytes_since_cuts_}, services_.random.next_unit()) : std::nullopt;
  if (!wait) return given_up(std::move(cut));
  services_.observer.on(Observer::Decided{
      fmt::format("{}: cut at {} of {} ({}); going on there in {:.1f} s", digest.text(), printable_bytes(position_),
                  printable_bytes(fetcher_.blob().size), cut.message(), std::chrono::duration<double>(*wait).count())});
  if (services_.clock.sleep_for(*wait, stop_)) return {};
  return Error(ErrorCode::cancelled, "blob " + digest.text() + ": stopped");
}

/// Where the bytes ended in good order and no more are to be had behind them, the blob is not what was announced.
Error BlobStream::given_up(Error cut) const {
  const auto& blob = fetcher_.blob();
  const bool refused = can_resume(cut.code()) || cut.code() == ErrorCode::invalid_input ||
                       cut.code() == ErrorCode::unsupported || cut.code() == ErrorCode::digest_mismatch;
  if (refused && ended_at_ == position_) {
    return {ErrorCode::digest_mismatch, fmt::format("blob {} ends after {} bytes, but its descriptor says {}",
                                                    blob.digest.text(), position_, blob.size)};
  }
  if (cuts_ == 1) return about(std::move(cut), blob.digest);
  return std::move(cut).context(fmt::format("blob {} broke off {} times in a row, last at byte {} of {}",
                                            blob.digest.text(), cuts_, position_, blob.size));
}

Result<void> BlobStream::finish() {
  if (!source_ || source_position_ != source_end_ || position_ != source_end_) return {};
  std::array<std::byte, 1> beyond{};
  const auto count = source_->read(beyond);
  source_.reset();
  // All that was wanted is here: an end that broke harms nobody.
  if (!count || *count == 0 || position_ != fetcher_.blob().size) return {};
  return Error(ErrorCode::digest_mismatch, fmt::format("blob {} is longer than the {} bytes of its descriptor",
                                                       fetcher_.blob().digest.text(), fetcher_.blob().size));
}

ResumingSource::ResumingSource(BlobFetcher& fetcher, TransferServices& services,
                               std::function<void(std::uint64_t)> on_position, const std::stop_token& stop)
    : stream_(fetcher, services, stop), on_position_(std::move(on_position)), size_(fetcher.blob().size) {
  stream_.seek({0, size_});
  on_position_(0);
}

Result<std::size_t> ResumingSource::read(ByteSpan into) {
  if (into.empty() || finished_) return std::size_t{0};
  if (stream_.position() == size_) {
    finished_ = true;
    if (size_ == 0) DRAY_TRY(stream_.connect());  // an empty blob has to exist too
    DRAY_TRY(stream_.finish());
    return std::size_t{0};
  }
  if (stream_.position() == 0) DRAY_TRY(stream_.connect());
  const auto room = std::min<std::uint64_t>(into.size(), size_ - stream_.position());
  DRAY_TRY_ASSIGN(const auto count, stream_.read(into.first(static_cast<std::size_t>(room))));
  on_position_(stream_.position());
  return count;
}

}  // namespace dray::ops
