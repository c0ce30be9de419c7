#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dray::server {

/// A form's fields, in order.
class Form {
 public:
  /// Reads `application/x-www-form-urlencoded`: `+` is a blank. nullopt for a wrong `%`, a NUL, and more than
  /// `max_parameters` fields.
  [[nodiscard]] static std::optional<Form> parse(std::string_view text);
  explicit Form(std::vector<std::pair<std::string, std::string>> fields) : fields_(std::move(fields)) {}

  /// nullptr where it is absent, and where it is there twice: which one counts must not be a matter of who reads it.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has_twice(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace dray::server
