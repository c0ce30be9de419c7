#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What HTTP's grammars share (RFC 9110 section 5.6), and a cursor to read them with.
namespace dray::http {

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] bool contains_without_case(std::string_view text, std::string_view lower_case_part) noexcept;

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
/// NUL to US, and DEL; the tab is one.
[[nodiscard]] constexpr bool is_control(char c) noexcept { return (c >= 0 && c < 0x20) || c == 0x7f; }
[[nodiscard]] constexpr bool is_token_char(char c) noexcept {
  return is_digit(c) || is_alpha(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

/// Digits only, all of them, no sign; nullopt where they do not fit.
template <class Integer>
[[nodiscard]] std::optional<Integer> parse_number(std::string_view digits) noexcept {
  if (digits.empty() || !is_digit(digits.front())) return std::nullopt;
  Integer value{};
  const auto* const end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

/// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  /// NUL at the end, which no grammar here contains.
  [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  void skip(std::size_t count = 1) noexcept { rest_.remove_prefix(count < rest_.size() ? count : rest_.size()); }
  void skip_blanks() noexcept;
  [[nodiscard]] bool take(char c) noexcept;

  /// The longest front for whose characters `accepts` holds; may be empty.
  template <class Accepts>
  std::string_view take_while(Accepts accepts) noexcept {
    std::size_t count = 0;
    while (count < rest_.size() && accepts(rest_[count])) ++count;
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view take_token() noexcept { return take_while(is_token_char); }
  /// A quoted string without its quotes and escapes; nullopt when it does not end, all of the text being read then.
  std::optional<std::string> take_quoted();
  /// The value of a parameter: quoted, or up to a blank or one of `ends`. Wider than the grammar's token, since
  /// `realm=https://…` without quotes occurs.
  std::optional<std::string> take_value(std::string_view ends);

 private:
  std::string_view rest_;
};

}  // namespace dray::http
