#include "jq_path.hpp"

#include <charconv>
#include <string>

namespace dray::cli {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// `.name`: the word behind the dot, taken off the front; empty when there is none.
std::string_view take_word(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && is_word(rest[end])) ++end;
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::optional<std::vector<Json>> each_member(const std::vector<Json>& values, std::string_view key) {
  std::vector<Json> next;
  for (const auto& value : values) {
    if (!value.is_null() && value.as_object() == nullptr) return std::nullopt;
    const auto* member = value.find(key);
    next.push_back(member != nullptr ? *member : Json());
  }
  return next;
}

std::optional<std::vector<Json>> each_item(const std::vector<Json>& values, std::optional<std::size_t> position) {
  std::vector<Json> next;
  for (const auto& value : values) {
    if (const auto* array = value.as_array()) {
      if (!position) {
        next.insert(next.end(), array->begin(), array->end());
      } else {
        next.push_back(*position < array->size() ? (*array)[*position] : Json());
      }
    } else if (const auto* object = value.as_object(); object != nullptr && !position) {
      for (const auto& member : *object) next.push_back(member.value);
    } else {
      return std::nullopt;
    }
  }
  return next;
}

// `[]` or `[12]`, taken off the front.
std::optional<std::vector<Json>> take_brackets(std::string_view& rest, const std::vector<Json>& values) {
  const auto close = rest.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  const auto inside = rest.substr(1, close - 1);
  rest.remove_prefix(close + 1);
  if (inside.empty()) return each_item(values, std::nullopt);
  std::size_t position = 0;
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), position);
  if (error != std::errc() || end != inside.data() + inside.size()) return std::nullopt;
  return each_item(values, position);
}

}  // namespace

std::optional<std::vector<Json>> walk_plain_path(std::string_view expression, const Json& input) {
  if (!expression.starts_with('.')) return std::nullopt;
  std::optional<std::vector<Json>> values = std::vector<Json>{input};
  auto rest = expression.substr(1);
  bool dot = true;  // a dot stands before `rest`
  while (values && !(rest.empty() && (!dot || expression == "."))) {
    if (dot && !rest.empty() && is_word(rest[0]) && (rest[0] < '0' || rest[0] > '9')) {
      values = each_member(*values, take_word(rest));
      dot = false;
    } else if (!rest.empty() && rest[0] == '[' && (!dot || rest.size() == expression.size() - 1)) {
      values = take_brackets(rest, *values);
      dot = false;
    } else if (!dot && !rest.empty() && rest[0] == '.') {
      rest.remove_prefix(1);
      dot = true;
    } else {
      return std::nullopt;
    }
  }
  return values;
}

}  // namespace dray::cli
