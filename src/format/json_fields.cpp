#include "json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "shown.hpp"

namespace dray {
namespace {

std::string described(const Json& json) {
  constexpr std::size_t max_shown = 40;
  if (json.as_object() != nullptr) return "an object";
  if (json.as_array() != nullptr) return "a list";
  if (json.as_string() != nullptr) return json.as_string()->size() <= max_shown ? shown(*json.as_string()) : "a string";
  return json.dump();
}

char lowered(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lowered, lowered);
}

}  // namespace

std::string item_path(std::string_view array, std::size_t index) { return fmt::format("{}[{}]", array, index); }

Error wrong_type(std::string_view where, const Json& found, std::string_view wanted) {
  return {ErrorCode::invalid_input,
          fmt::format("{} is {}; it must be {}", where.empty() ? "the document" : where, described(found), wanted)};
}

Result<Fields> Fields::of(const Json& json, std::string where) {
  if (json.as_object() == nullptr) return wrong_type(where, json, "an object");
  return Fields(json, std::move(where));
}

std::string Fields::path(std::string_view key) const {
  return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
}

const Json* Fields::find(std::string_view key) const noexcept {
  const Json* member = json_->find(key);
  return member == nullptr || member->is_null() ? nullptr : member;
}

Result<std::string> Fields::text(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr) return std::string();
  if (member->as_string() == nullptr) return wrong_type(path(key), *member, "a string");
  return *member->as_string();
}

Result<std::string> Fields::required_text(std::string_view key) const {
  if (find(key) == nullptr) return Error(ErrorCode::invalid_input, path(key) + " is missing");
  return text(key);
}

Result<bool> Fields::flag(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr) return false;
  if (member->as_bool() == nullptr) return wrong_type(path(key), *member, "true or false");
  return *member->as_bool();
}

Result<std::vector<std::string>> Fields::texts(std::string_view key) const {
  std::vector<std::string> out;
  const Json* member = find(key);
  if (member == nullptr) return out;
  if (member->as_array() == nullptr) return wrong_type(path(key), *member, "a list of strings");
  for (const Json& item : *member->as_array()) {
    if (item.as_string() == nullptr) return wrong_type(item_path(path(key), out.size()), item, "a string");
    out.push_back(*item.as_string());
  }
  return out;
}

Result<std::map<std::string, std::string>> Fields::text_map(std::string_view key) const {
  std::map<std::string, std::string> out;
  DRAY_TRY_ASSIGN(const auto members, object(key));
  if (!members) return out;
  for (const auto& [name, value] : *members->json_->as_object()) {
    if (value.as_string() == nullptr) return wrong_type(members->path(shown(name)), value, "a string");
    out.emplace(name, *value.as_string());
  }
  return out;
}

Result<std::vector<std::string>> Fields::keys(std::string_view key) const {
  std::vector<std::string> out;
  DRAY_TRY_ASSIGN(const auto members, object(key));
  if (!members) return out;
  for (const auto& member : *members->json_->as_object()) out.push_back(member.key);
  return out;
}

Result<const Json::Array*> Fields::array(std::string_view key, std::size_t limit) const {
  const Json* member = find(key);
  if (member == nullptr) return nullptr;
  if (member->as_array() == nullptr) return wrong_type(path(key), *member, "a list");
  const std::size_t size = member->as_array()->size();
  if (size > limit) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("{} has {} items; at most {} are read", path(key), size, limit));
  }
  return member->as_array();
}

Result<std::optional<Fields>> Fields::object(std::string_view key) const {
  const Json* member = find(key);
  if (member == nullptr) return std::optional<Fields>();
  DRAY_TRY_ASSIGN(auto fields, of(*member, path(key)));
  return std::optional<Fields>(std::move(fields));
}

Result<void> Fields::refuse_case_twins(std::initializer_list<std::string_view> names) const {
  for (const auto& member : *json_->as_object()) {
    const auto twin = std::ranges::find_if(
        names, [&](std::string_view name) { return member.key != name && equal_but_for_case(member.key, name); });
    if (twin == names.end()) continue;
    return Error(ErrorCode::invalid_input,
                 fmt::format("{} differs from the member '{}' by case alone, and readers disagree on what that means",
                             path(shown(member.key)), *twin));
  }
  return {};
}

}  // namespace dray
