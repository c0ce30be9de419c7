#include "form.hpp"

#include <algorithm>
#include <dray/server/limits.hpp>

#include "../percent.hpp"

namespace dray::server {
namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string blanks(text);
  std::ranges::replace(blanks, '+', ' ');
  return percent_decode(blanks);
}

}  // namespace

std::optional<Form> Form::parse(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto field = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (field.empty()) continue;
    if (fields.size() >= limits::max_parameters) return std::nullopt;
    const auto equals = field.find('=');
    auto key = decode(field.substr(0, equals));
    auto value = decode(equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1));
    if (!key || !value) return std::nullopt;
    fields.emplace_back(std::move(*key), std::move(*value));
  }
  return Form(std::move(fields));
}

const std::string* Form::find(std::string_view name) const noexcept {
  if (has_twice(name)) return nullptr;
  const auto found = std::ranges::find(fields_, name, [](const auto& field) { return std::string_view(field.first); });
  return found == fields_.end() ? nullptr : &found->second;
}

bool Form::has_twice(std::string_view name) const noexcept {
  return std::ranges::count(fields_, name, [](const auto& field) { return std::string_view(field.first); }) > 1;
}

std::vector<std::string_view> Form::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : fields_) {
    if (key == name) values.emplace_back(value);
  }
  return values;
}

}  // namespace dray::server
