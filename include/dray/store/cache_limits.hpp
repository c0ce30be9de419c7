#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Bounds of the cache of blobs, beside those of core/limits.hpp.
namespace dray::limits {

/// A cache of blobs that nobody gave a size.
inline constexpr std::uint64_t default_cache_bytes = 16ULL * 1024 * 1024 * 1024;
/// What stays free on the disk of a cache: a blob that would take of it is not kept.
inline constexpr std::uint64_t min_cache_spare_bytes = 1ULL * 1024 * 1024 * 1024;
/// Blobs of one algorithm in a cache; one that holds more is not listed or pruned.
inline constexpr std::size_t max_cached_blobs = 1'000'000;

}  // namespace dray::limits
