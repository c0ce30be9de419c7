#include "text.hpp"

#include <algorithm>

namespace dray::http {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), to_lower);
  return lower;
}

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool contains_without_case(std::string_view text, std::string_view lower_case_part) noexcept {
  return !std::ranges::search(text, lower_case_part, {}, to_lower).empty();
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

void Cursor::skip_blanks() noexcept { take_while(is_blank); }

bool Cursor::take(char c) noexcept {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

std::optional<std::string> Cursor::take_quoted() {
  std::string value;
  skip();  // the opening quote
  while (!at_end()) {
    const auto c = peek();
    skip();
    if (c == '"') return value;
    if (c == '\\' && !at_end()) {
      value += peek();
      skip();
    } else {
      value += c;
    }
  }
  return std::nullopt;
}

std::optional<std::string> Cursor::take_value(std::string_view ends) {
  if (peek() == '"') return take_quoted();
  return std::string(take_while([&](char c) { return !is_blank(c) && ends.find(c) == std::string_view::npos; }));
}

}  // namespace dray::http
