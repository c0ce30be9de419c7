#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace dray {

/// Time as the library sees it; passed in, so that tests decide what passes. Safe from many threads.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Never runs backwards; for deadlines and rates.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;
  /// The calendar's time; for `Retry-After` dates and token expiry.
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall_now() const = 0;
  /// Waits for `duration`, or less when `stop` is requested. False when it was stopped.
  virtual bool sleep_for(std::chrono::milliseconds duration, const std::stop_token& stop) = 0;
};

/// Where jitter comes from; passed in for the same reason. Safe from many threads.
class Random {
 public:
  virtual ~Random() = default;
  /// Evenly spread over [0, 1).
  [[nodiscard]] virtual double next_unit() = 0;
};

/// The machine's clock and generator. They live as long as the program.
[[nodiscard]] Clock& system_clock();
[[nodiscard]] Random& system_random();

}  // namespace dray
