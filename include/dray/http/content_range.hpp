#pragma once

#include <cstdint>
#include <dray/base/bytes.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dray::http {

/// `bytes 0-99/1000` (RFC 9110 section 14.4).
struct ContentRange {
  ByteRange range;                     ///< half open: 0 to 100
  std::optional<std::uint64_t> total;  ///< nullopt for `*`
};
[[nodiscard]] std::optional<ContentRange> parse_content_range(std::string_view value);

/// `bytes=0-99` for [0, 100). The range must not be empty.
[[nodiscard]] std::string range_header(const ByteRange& range);

}  // namespace dray::http
