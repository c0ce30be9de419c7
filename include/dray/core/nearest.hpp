#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dray {

/// The candidate that a typed word was probably meant to be: at most two slips away, and fewer than half its letters;
/// empty when there is none.
[[nodiscard]] std::string nearest(std::string_view typed, std::span<const std::string> candidates);

}  // namespace dray
