#pragma once

#include <dray/format/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace dray::cli {

/// The results of a plain path; nullopt when the expression is more than that, or means an error, so that libjq
/// has the last word about it.
[[nodiscard]] std::optional<std::vector<Json>> walk_plain_path(std::string_view expression, const Json& input);

}  // namespace dray::cli
