#pragma once

#include <cstdint>
#include <limits>

namespace dray::ops {

/// Sizes are somebody else's word: the sum stays at the largest number there is.
inline void add_capped(std::uint64_t& sum, std::uint64_t size) noexcept {
  const auto room = std::numeric_limits<std::uint64_t>::max() - sum;
  sum += size < room ? size : room;
}

}  // namespace dray::ops
