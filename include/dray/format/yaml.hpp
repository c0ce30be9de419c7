#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/base/result.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// A part of a YAML document: text, a list or a map. Maps keep their order. A value.
struct Yaml {
  struct Member;
  enum class Kind : std::uint8_t { nothing, text, list, map };
  Kind kind = Kind::nothing;  ///< `nothing` for a null.
  std::string text;
  bool plain = false;  ///< The text stands without quotes.
  std::vector<Yaml> items;
  std::vector<Member> members;
  std::size_t line = 1;

  /// One document; an empty file is `nothing`. Anchors, aliases, tags, keys that are no text or are there twice, and a
  /// second document are refused. Errors: `invalid_input` that names `file` and line; `limit_exceeded` for more than
  /// `max_yaml_depth`.
  [[nodiscard]] static Result<Yaml> parse(std::string_view document, const std::string& file);

  /// nullptr where this is no map or has no such member.
  [[nodiscard]] const Yaml* find(std::string_view key) const noexcept;
  /// `true` or `false` without quotes.
  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
};

struct Yaml::Member {
  std::string key;
  Yaml value;
  std::size_t line = 1;  ///< Where the key stands.
};

/// `file:line: why`
[[nodiscard]] Error yaml_error(const std::string& file, const Yaml& where, std::string_view why);
[[nodiscard]] Error yaml_error(const std::string& file, std::size_t line, std::string_view why);

}  // namespace dray
