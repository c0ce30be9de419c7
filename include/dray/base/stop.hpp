#pragma once

#include <dray/base/result.hpp>
#include <stop_token>

namespace dray {

/// Once `stop` was asked for: `cancelled`.
[[nodiscard]] inline Result<void> check_running(const std::stop_token& stop) {
  if (stop.stop_requested()) return Error(ErrorCode::cancelled, "stopped");
  return {};
}

}  // namespace dray
