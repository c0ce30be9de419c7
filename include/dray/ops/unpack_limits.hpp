#pragma once

#include <cstddef>

/// Bounds of unpacking, beside those of core/limits.hpp.
namespace dray::limits {

/// Links that lead to one another on the way to a file of a tree; as many as Linux follows.
inline constexpr std::size_t max_tree_links = 40;
/// What an unpacked tree could not take, as far as it is told one by one.
inline constexpr std::size_t max_left_out_told = 100;

}  // namespace dray::limits
