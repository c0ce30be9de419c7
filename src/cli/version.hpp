#pragma once

#include <string_view>

namespace dray::cli {

inline constexpr std::string_view version = DRAY_VERSION;

}  // namespace dray::cli
