#pragma once

#include <cstddef>
#include <string_view>

namespace dray {

/// The length of the well-formed UTF-8 sequence that `text` begins with; 0 when there is none (or no text).
/// Source: Unicode 15, table 3-7.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace dray
