#pragma once

#include <string_view>

namespace dray::server::engine {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// RFC 9110 section 5.6.2, tchar.
[[nodiscard]] constexpr bool is_token_char(char c) noexcept {
  return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
/// What a header value may hold: visible characters, blanks and whatever has the high bit (obs-text).
[[nodiscard]] constexpr bool is_value_char(char c) noexcept {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

/// Whether every character is of that kind: `consists_of<is_digit>("123")`.
template <bool (*is_of_kind)(char) noexcept>
[[nodiscard]] constexpr bool consists_of(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_of_kind(c)) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t at = 0; at < a.size(); ++at) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    if (lower(a[at]) != lower(b[at])) return false;
  }
  return true;
}

}  // namespace dray::server::engine
