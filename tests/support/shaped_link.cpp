#include "support/shaped_link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace dray::testing {
namespace {

using std::chrono::nanoseconds;

/// How far ahead of the line's rate bytes are read: enough to ride over a late wake-up.
constexpr nanoseconds lead = std::chrono::milliseconds(6);
constexpr std::uint64_t min_piece_bytes = 1024;
constexpr std::uint64_t max_piece_bytes = 256 * 1024;
constexpr std::uint64_t slack_bytes = 1024 * 1024;
constexpr std::uint64_t max_unlimited_bytes = 64 * 1024 * 1024;
constexpr std::size_t max_spare = 16;
/// Pieces moved at a time, so that one fast connection does not hold up the others.
constexpr int max_pieces_at_once = 16;

std::uint64_t bytes_in(nanoseconds time, std::uint64_t bytes_per_second) {
  return static_cast<std::uint64_t>(time.count()) * (bytes_per_second / 1000) / 1'000'000;
}

nanoseconds time_for(std::uint64_t bytes, std::uint64_t bytes_per_second) {
  return nanoseconds(bytes_per_second == 0 ? 0 : bytes * 1'000'000'000 / bytes_per_second);
}

}  // namespace

ShapedLink::ShapedLink(int from, int to, const Shape& shape, Clock::time_point begin)
    : from_(from), to_(to), shape_(shape), line_free_(begin) {
  const bool limited = shape.bytes_per_second > 0;
  piece_bytes_ =
      limited ? std::clamp(bytes_in(lead, shape.bytes_per_second), min_piece_bytes, max_piece_bytes) : max_piece_bytes;
  max_queued_bytes_ =
      limited ? bytes_in(shape.delay + lead, shape.bytes_per_second) + slack_bytes : max_unlimited_bytes;
}

bool ShapedLink::may_read(Clock::time_point now) const {
  return readable_ && !source_ended_ && !at_limit() && line_free_ <= now + lead && queued_bytes_ < max_queued_bytes_;
}

ShapedLink::State ShapedLink::pump(Clock::time_point now) {
  for (int i = 0; i < max_pieces_at_once && !broken_ && may_read(now); ++i) {
    read_some(now);
    write_some(now);
  }
  write_some(now);
  if (broken_) return State::broken;
  if (at_limit()) return State::limit;
  if (!source_ended_ || !queue_.empty()) return State::open;
  if (!std::exchange(target_told_, true)) ::shutdown(to_, SHUT_WR);
  return State::ended;
}

std::unique_ptr<char[]> ShapedLink::spare_buffer() {
  if (spare_.empty()) return std::make_unique_for_overwrite<char[]>(piece_bytes_);
  auto buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void ShapedLink::read_some(Clock::time_point now) {
  Piece piece;
  piece.bytes = spare_buffer();
  const ssize_t got = ::recv(from_, piece.bytes.get(), piece_bytes_, 0);
  if (got > 0) {
    piece.size = static_cast<std::size_t>(got);
    return take(std::move(piece), now);
  }
  spare_.push_back(std::move(piece.bytes));
  if (got == 0) {
    source_ended_ = true;
  } else if (errno == EAGAIN) {
    readable_ = false;
  } else if (errno != EINTR) {
    broken_ = true;
  }
}

void ShapedLink::take(Piece piece, Clock::time_point now) {
  line_free_ = std::max(now, line_free_) + time_for(piece.size, shape_.bytes_per_second);
  piece.arrival = line_free_ + shape_.delay;
  queued_bytes_ += piece.size;
  queue_.push_back(std::move(piece));
}

void ShapedLink::write_some(Clock::time_point now) {
  while (writable_ && !queue_.empty() && queue_.front().arrival <= now) {
    Piece& piece = queue_.front();
    std::uint64_t size = piece.size - piece.at;
    if (shape_.limit) size = std::min(size, *shape_.limit - written_);
    if (size == 0) return;
    const ssize_t sent = ::send(to_, piece.bytes.get() + piece.at, size, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) writable_ = false;
      if (errno != EAGAIN && errno != EINTR) broken_ = true;
      if (errno != EINTR) return;
      continue;
    }
    piece.at += static_cast<std::size_t>(sent);
    written_ += static_cast<std::uint64_t>(sent);
    queued_bytes_ -= static_cast<std::uint64_t>(sent);
    if (piece.at < piece.size) continue;
    if (spare_.size() < max_spare) spare_.push_back(std::move(piece.bytes));
    queue_.pop_front();
  }
}

std::optional<ShapedLink::Clock::time_point> ShapedLink::next_wake() const {
  std::optional<Clock::time_point> wake;
  if (at_limit()) return wake;
  if (writable_ && !queue_.empty()) wake = queue_.front().arrival;
  if (readable_ && !source_ended_ && queued_bytes_ < max_queued_bytes_) {
    const auto read_again = line_free_ - lead;
    wake = wake ? std::min(*wake, read_again) : read_again;
  }
  return wake;
}

}  // namespace dray::testing
