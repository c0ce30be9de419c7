#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dray {

/// A JSON value that was read strictly, or is about to be written. Objects keep the order of their members.
/// Integers are kept exactly (64 bits); a number with a fraction or exponent is a double.
class Json {
 public:
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;
  using Value = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object>;

  // The constructors are defined below Member: a vector of an incomplete type may be named, but not made.
  Json();
  // NOLINTBEGIN(google-explicit-constructor): values are written as literals, `json.set("size", 7)`
  Json(std::nullptr_t);
  Json(bool value);
  Json(std::int64_t value);
  Json(int value);
  Json(std::uint64_t value);  // int64 where it fits
  Json(double value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(Array value);
  Json(Object value);
  // NOLINTEND(google-explicit-constructor): the end of the constructors that literals use

  /// Strict: UTF-8, no byte order mark, nothing behind the value, no duplicate key in any object, depth at
  /// most `max_json_depth`, at most `max_json_values` values, integers inside 64 bits, doubles that are finite.
  /// Errors: `limit_exceeded` for depth and number of values, else `invalid_input`; both name line and column
  /// (in characters, from 1). Source: RFC 8259.
  [[nodiscard]] static Result<Json> parse(std::string_view text);

  /// One line, no blanks; bytes are the same for the same value. A double is the shortest text that reads back
  /// as the same double, and null where it is no number; what is no UTF-8 in a string becomes U+FFFD.
  [[nodiscard]] std::string dump() const;
  /// For people: two blanks an indent, a line end at the end.
  [[nodiscard]] std::string pretty() const;
  /// The same with another indent and no line end at the end.
  [[nodiscard]] std::string pretty_with_indent(std::size_t blanks) const;

  [[nodiscard]] const Value& value() const noexcept { return value_; }
  [[nodiscard]] bool is_null() const noexcept { return value_.index() == 0; }
  [[nodiscard]] const bool* as_bool() const noexcept { return std::get_if<bool>(&value_); }
  [[nodiscard]] const std::string* as_string() const noexcept { return std::get_if<std::string>(&value_); }
  [[nodiscard]] const Array* as_array() const noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] Array* as_array() noexcept { return std::get_if<Array>(&value_); }
  [[nodiscard]] const Object* as_object() const noexcept { return std::get_if<Object>(&value_); }
  [[nodiscard]] Object* as_object() noexcept { return std::get_if<Object>(&value_); }
  /// An integer that fits; nullopt for anything else.
  [[nodiscard]] std::optional<std::int64_t> as_int() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> as_uint() const noexcept;

  /// The member of that name of an object; nullptr when there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const noexcept;
  /// Sets a member of an object (a null value becomes an empty object first); keeps the place of an old one.
  /// To set a member of anything else is a bug.
  void set(std::string_view key, Json value);
  void erase(std::string_view key);

  friend bool operator==(const Json&, const Json&) = default;

 private:
  Value value_;
};

struct Json::Member {
  std::string key;
  Json value;
  friend bool operator==(const Member&, const Member&) = default;
};

inline Json::Json() = default;
inline Json::Json(std::nullptr_t) {}
inline Json::Json(bool value) : value_(value) {}
inline Json::Json(std::int64_t value) : value_(value) {}
inline Json::Json(int value) : value_(static_cast<std::int64_t>(value)) {}
inline Json::Json(double value) : value_(value) {}
inline Json::Json(std::string value) : value_(std::move(value)) {}
inline Json::Json(std::string_view value) : value_(std::string(value)) {}
inline Json::Json(const char* value) : value_(std::string(value)) {}
inline Json::Json(Array value) : value_(std::move(value)) {}
inline Json::Json(Object value) : value_(std::move(value)) {}

}  // namespace dray
