#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace dray::client {

using WallTime = std::chrono::system_clock::time_point;

// What lies before 1970 or behind 2200 is read as a time of that year: the clock cannot hold all that a peer can write.

/// `2021-01-02T03:04:05.678Z` or with an offset (RFC 3339 section 5.6); also without seconds, or the date alone, as
/// Azure's links have it. A missing zone is UTC.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);
/// `20210102T030405Z`, the form of `X-Amz-Date`.
[[nodiscard]] std::optional<WallTime> parse_compact_time(std::string_view text);
/// Seconds since 1970 in digits; what lies past the year 9999 is none.
[[nodiscard]] std::optional<WallTime> parse_unix_time(std::string_view text);

}  // namespace dray::client
