#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace dray::cli {

/// `73,584,118`.
[[nodiscard]] std::string grouped(std::uint64_t number);
/// `1 layer`, `2 layers`.
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view noun);
/// `73.6 MB`: decimal units, as the field writes sizes.
[[nodiscard]] std::string human_size(std::uint64_t bytes);
/// `3 s`, `4:05`, `1:02:03`.
[[nodiscard]] std::string human_duration(std::chrono::seconds duration);
/// `2019-03-15T00:29:41Z`.
[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time);
/// The columns that a UTF-8 text takes: its code points.
[[nodiscard]] std::size_t columns(std::string_view text);
/// Text from outside as a terminal may see it: control characters are written `\x1b`, invalid bytes likewise.
[[nodiscard]] std::string printable(std::string_view text);
/// At most `width` columns; what is cut ends in `…`.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

}  // namespace dray::cli
