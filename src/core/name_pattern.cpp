#include <re2/re2.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/core/name_pattern.hpp>
#include <iterator>

#include "quote.hpp"

namespace dray {

struct NamePattern::Compiled {
  Compiled(std::string_view pattern, const re2::RE2::Options& options)
      : text(pattern), expression(re2::StringPiece(text.data(), text.size()), options) {}
  std::string text;
  re2::RE2 expression;
};

Result<NamePattern> NamePattern::parse(std::string_view text) {
  if (text.size() > limits::max_pattern_chars) {
    return Error(ErrorCode::limit_exceeded, "a pattern is longer than " + std::to_string(limits::max_pattern_chars) +
                                                " characters: " + quote(text.substr(0, 40)) + "…");
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(static_cast<std::int64_t>(limits::max_pattern_memory_bytes));
  auto compiled = std::make_shared<const Compiled>(text, options);
  if (compiled->expression.ok()) return NamePattern(std::move(compiled));
  const bool too_large = compiled->expression.error_code() == re2::RE2::ErrorPatternTooLarge;
  return Error(too_large ? ErrorCode::limit_exceeded : ErrorCode::invalid_input,
               "pattern " + quote(text) + ": " + compiled->expression.error());
}

bool NamePattern::matches(std::string_view name) const {
  return re2::RE2::FullMatch(re2::StringPiece(name.data(), name.size()), compiled_->expression);
}

const std::string& NamePattern::text() const noexcept { return compiled_->text; }

bool NameFilter::takes(std::string_view name) const {
  const auto matches = [name](const NamePattern& pattern) { return pattern.matches(name); };
  return (include.empty() || std::ranges::any_of(include, matches)) && std::ranges::none_of(exclude, matches);
}

std::vector<std::string> NameFilter::pick(const std::vector<std::string>& names) const {
  std::vector<std::string> picked;
  std::ranges::copy_if(names, std::back_inserter(picked), [this](const auto& name) { return takes(name); });
  return picked;
}

}  // namespace dray
