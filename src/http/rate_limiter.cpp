#include "rate_limiter.hpp"

#include <algorithm>
#include <cassert>
#include <dray/http/limits.hpp>

namespace dray::http {
namespace {

constexpr std::chrono::milliseconds bucket(100);
constexpr std::uint64_t pieces_per_second = 10;

}  // namespace

RateLimiter::RateLimiter(std::uint64_t bytes_per_second, Clock& clock)
    : bytes_per_second_(bytes_per_second),
      piece_(std::clamp<std::uint64_t>(bytes_per_second / pieces_per_second, 1, limits::receive_buffer_bytes)),
      clock_(clock),
      paid_until_(clock.now()) {
  assert(bytes_per_second > 0);
}

bool RateLimiter::take(std::size_t bytes, const std::stop_token& stop) {
  const std::chrono::duration<double> cost(static_cast<double>(bytes) / static_cast<double>(bytes_per_second_));
  const auto now = clock_.now();
  const auto free_at = paid_until_.with([&](Time& paid_until) {
    paid_until = std::max(paid_until, now - bucket) + std::chrono::duration_cast<std::chrono::nanoseconds>(cost);
    return paid_until;
  });
  if (free_at <= now) return true;
  // Waiting is what a limit of the rate is; on the clock that was passed in, and only until somebody stops it.
  return clock_.sleep_for(std::chrono::ceil<std::chrono::milliseconds>(free_at - now), stop);
}

}  // namespace dray::http
