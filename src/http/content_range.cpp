#include <dray/http/content_range.hpp>

#include <cassert>
#include <limits>

#include "text.hpp"

namespace dray::http {

std::optional<ContentRange> parse_content_range(std::string_view value) {
  value = trim(value);
  const auto blank = value.find(' ');
  if (blank == std::string_view::npos || !equal_without_case(value.substr(0, blank), "bytes")) return std::nullopt;
  value = trim(value.substr(blank));
  const auto dash = value.find('-');
  const auto slash = value.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return std::nullopt;

  const auto first = parse_number<std::uint64_t>(value.substr(0, dash));
  const auto last = parse_number<std::uint64_t>(value.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first || *last == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  ContentRange range{{*first, *last + 1}, std::nullopt};
  const auto total = value.substr(slash + 1);
  if (total == "*") return range;
  range.total = parse_number<std::uint64_t>(total);
  if (!range.total || *range.total < range.range.end) return std::nullopt;
  return range;
}

std::string range_header(const ByteRange& range) {
  assert(!range.empty());
  return "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
}

}  // namespace dray::http
