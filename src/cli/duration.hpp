#pragma once

#include <chrono>
#include <dray/base/result.hpp>
#include <string_view>

namespace dray::cli {

/// Reads `90`, `90s`, `5m`, `12h`, `7d`; at most ten years. Errors: `invalid_input`, which names `option`.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(std::string_view option, std::string_view text);

}  // namespace dray::cli
