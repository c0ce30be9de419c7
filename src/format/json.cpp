#include <algorithm>
#include <cassert>
#include <dray/format/json.hpp>
#include <limits>

namespace dray {

Json::Json(std::uint64_t value) {
  if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    value_ = static_cast<std::int64_t>(value);
  } else {
    value_ = value;
  }
}

std::optional<std::int64_t> Json::as_int() const noexcept {
  if (const auto* number = std::get_if<std::int64_t>(&value_)) return *number;
  return std::nullopt;
}

std::optional<std::uint64_t> Json::as_uint() const noexcept {
  if (const auto* number = std::get_if<std::uint64_t>(&value_)) return *number;
  const auto* number = std::get_if<std::int64_t>(&value_);
  if (number != nullptr && *number >= 0) return static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

const Json* Json::find(std::string_view key) const noexcept {
  const Object* object = as_object();
  if (object == nullptr) return nullptr;
  const auto found = std::ranges::find(*object, key, &Member::key);
  return found == object->end() ? nullptr : &found->value;
}

void Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  Object* object = as_object();
  assert(object != nullptr);
  const auto found = std::ranges::find(*object, key, &Member::key);
  if (found != object->end()) {
    found->value = std::move(value);
  } else {
    object->push_back({std::string(key), std::move(value)});
  }
}

void Json::erase(std::string_view key) {
  if (Object* object = as_object()) {
    std::erase_if(*object, [key](const Member& member) { return member.key == key; });
  }
}

}  // namespace dray
