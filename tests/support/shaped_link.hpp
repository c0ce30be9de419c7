#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace dray::testing {

/// One direction of one connection through a slow, long line: bytes read from one socket are written to another after
/// they have passed a line of a given rate and have then travelled a given time. Used by one thread; both sockets are
/// non-blocking and stay the caller's.
class ShapedLink {
 public:
  using Clock = std::chrono::steady_clock;

  struct Shape {
    std::uint64_t bytes_per_second = 0;  ///< 0: no limit.
    std::chrono::nanoseconds delay{0};
    std::optional<std::uint64_t> limit = {};  ///< No more than so many bytes are written.
  };
  enum class State : std::uint8_t {
    open,
    ended,   ///< The source ended and everything was written; the target was told.
    limit,   ///< `limit` bytes were written.
    broken,  ///< A socket failed.
  };

  /// Nothing enters the line before `begin`.
  ShapedLink(int from, int to, const Shape& shape, Clock::time_point begin);

  void source_is_readable() noexcept { readable_ = true; }
  void target_is_writable() noexcept { writable_ = true; }
  /// Moves what can be moved now.
  State pump(Clock::time_point now);
  /// When `pump` has something to do even if no socket changes; nothing: never.
  [[nodiscard]] std::optional<Clock::time_point> next_wake() const;
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  struct Piece {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::size_t at = 0;
    Clock::time_point arrival;
  };
  [[nodiscard]] bool at_limit() const noexcept { return shape_.limit && written_ == *shape_.limit; }
  [[nodiscard]] bool may_read(Clock::time_point now) const;
  void read_some(Clock::time_point now);
  void take(Piece piece, Clock::time_point now);
  void write_some(Clock::time_point now);
  [[nodiscard]] std::unique_ptr<char[]> spare_buffer();

  int from_;
  int to_;
  Shape shape_;
  std::size_t piece_bytes_;
  std::uint64_t max_queued_bytes_;
  Clock::time_point line_free_;  // when the line has taken all that was read
  std::deque<Piece> queue_;
  std::vector<std::unique_ptr<char[]>> spare_;
  std::uint64_t queued_bytes_ = 0;
  std::uint64_t written_ = 0;
  bool readable_ = true;
  bool writable_ = true;
  bool source_ended_ = false;
  bool target_told_ = false;
  bool broken_ = false;
};

}  // namespace dray::testing
