#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/guarded.hpp>
#include <optional>

#include "connection_rule.hpp"

namespace dray::ops {

/// Watches the rate of one blob's transfer and says when more connections are worth having. Safe from many threads;
/// a decision is given to one of them, which reports back with `grown`.
class Growth {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// How the transfer stands; what only the caller knows.
  struct Standing {
    std::uint64_t received = 0;  ///< Bytes so far, over all connections.
    std::uint64_t bytes_left = 0;
    std::uint64_t all_bytes_left = 0;
    std::size_t connections = 1;
    std::size_t free_connections = 0;
    std::size_t max_connections = 1;
  };

  /// The first call begins the watch. `add` and `test` must be answered by `grown`; until then everybody else is told
  /// `as_is`. `rate` is what it was decided on, in bytes a second.
  struct Verdict {
    ConnectionDecision decision;
    double rate = 0;
  };
  [[nodiscard]] Verdict look(TimePoint now, const Standing& standing);
  /// A connection broke and was opened again: the time that took tells nothing about the line's rate.
  void interrupted(TimePoint now, std::uint64_t received);
  /// So many connections came to the `connections_before`; 0 where none was free after all.
  void grown(TimePoint now, std::size_t connections_before, std::size_t added);
  /// Never grow again: the last connections did not help, or cannot be had.
  void settle();
  [[nodiscard]] bool settled() const;

 private:
  struct Watch {
    std::optional<TimePoint> first_byte;
    TimePoint window_begin;
    std::uint64_t window_received = 0;
    double rate = 0;
    bool deciding = false;
    bool settled = false;
    std::optional<TimePoint> grown_at;
    std::size_t connections_before = 1;
    double rate_before = 0;
  };
  static Verdict look_at(Watch& watch, TimePoint now, const Standing& standing);

  Guarded<Watch> watch_;
};

}  // namespace dray::ops
