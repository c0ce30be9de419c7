#pragma once

#include <cstddef>

/// Bounds on artifacts and referrers; docs/limits.md tells them with those of core/limits.hpp.
namespace dray::limits {

/// The title of a file in an artifact: a path.
inline constexpr std::size_t max_file_title_bytes = 4096;
/// One name of such a path, the longest that file systems take.
inline constexpr std::size_t max_file_name_bytes = 255;
/// Referrers of referrers, followed from one manifest.
inline constexpr std::size_t max_referrers_depth = 16;

}  // namespace dray::limits
