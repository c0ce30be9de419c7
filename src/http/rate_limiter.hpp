#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <stop_token>

namespace dray::http {

/// A bucket of bytes that fills at a steady rate and holds what comes in a tenth of a second. Who takes more than is
/// there waits until it has come; so several takers together stay at the rate. Safe from many threads.
class RateLimiter {
 public:
  RateLimiter(std::uint64_t bytes_per_second, Clock& clock);

  /// What to move at a time, so that the bytes come evenly.
  [[nodiscard]] std::size_t piece() const noexcept { return piece_; }
  /// Pays for bytes that were moved. False when it was stopped while it waited.
  [[nodiscard]] bool take(std::size_t bytes, const std::stop_token& stop);

 private:
  using Time = std::chrono::steady_clock::time_point;

  const std::uint64_t bytes_per_second_;
  const std::size_t piece_;
  Clock& clock_;
  Guarded<Time> paid_until_;
};

}  // namespace dray::http
