#include "resume_rule.hpp"

#include <algorithm>
#include <dray/core/limits.hpp>

namespace dray::ops {

bool can_resume(ErrorCode code) noexcept {
  return code == ErrorCode::unavailable || code == ErrorCode::timed_out || code == ErrorCode::protocol;
}

std::optional<std::chrono::milliseconds> resume_wait(const Cut& cut, double jitter) noexcept {
  const int tries = cut.any_bytes ? limits::max_tries_with_progress : limits::max_tries;
  if (cut.number >= tries) return std::nullopt;
  auto bound = limits::first_retry_wait;
  for (int i = 1; i < cut.number; ++i) bound = std::min(bound * 2, limits::max_retry_wait);
  return std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(bound.count()) * jitter));
}

}  // namespace dray::ops
