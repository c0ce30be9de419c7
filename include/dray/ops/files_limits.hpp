#pragma once

#include <cstddef>

/// Bounds of reading an image's files, beside those of core/limits.hpp.
namespace dray::limits {

/// Names in the tree that an image's layers make, which is in memory while it is listed.
inline constexpr std::size_t max_listed_files = 4'000'000;

}  // namespace dray::limits
