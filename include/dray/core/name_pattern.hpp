#pragma once

#include <dray/base/result.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// A regular expression for the names of tags or repositories, in RE2's language (Go's, as regsync's filters are): it
/// must match the whole name. Matching takes time in proportion to the name, whatever the pattern: there are no back
/// references. A value; cheap to copy, safe from many threads.
class NamePattern {
 public:
  /// Errors: `invalid_input` with RE2's own words; `limit_exceeded` for more than `max_pattern_chars`, or a pattern
  /// that would take more than `max_pattern_memory_bytes`.
  [[nodiscard]] static Result<NamePattern> parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view name) const;
  [[nodiscard]] const std::string& text() const noexcept;

 private:
  struct Compiled;
  explicit NamePattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

/// Which names are meant.
struct NameFilter {
  std::vector<NamePattern> include = {};  ///< One of them must match; empty: every name does.
  std::vector<NamePattern> exclude = {};  ///< None of them may match.

  [[nodiscard]] bool takes(std::string_view name) const;
  /// Those of `names` that it takes, in their order.
  [[nodiscard]] std::vector<std::string> pick(const std::vector<std::string>& names) const;
};

}  // namespace dray
