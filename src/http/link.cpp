#include <dray/http/challenge.hpp>
#include <dray/http/limits.hpp>

#include "text.hpp"

namespace dray::http {
namespace {

bool has_relation(std::string_view relations, std::string_view wanted) {
  Cursor cursor(relations);
  while (!cursor.at_end()) {
    cursor.skip_blanks();
    if (equal_without_case(cursor.take_while([](char c) { return !is_blank(c); }), wanted)) return true;
  }
  return false;
}

/// Reads `; name=value; …` behind a target and says what its first `rel` is.
std::string take_relations(Cursor& cursor) {
  std::optional<std::string> relations;
  while (true) {
    cursor.skip_blanks();
    if (!cursor.take(';')) return relations.value_or("");
    cursor.skip_blanks();
    const auto name = cursor.take_token();
    cursor.skip_blanks();
    if (!cursor.take('=')) continue;
    cursor.skip_blanks();
    auto value = cursor.take_value(",;");
    if (value && !relations && equal_without_case(name, "rel")) relations = *std::move(value);
  }
}

}  // namespace

std::optional<std::string> parse_next_link(const std::vector<std::string_view>& header_lines) {
  std::size_t links = 0;
  for (const auto line : header_lines) {
    Cursor cursor(line);
    while (!cursor.at_end()) {
      cursor.take_while([](char c) { return c != '<'; });
      if (!cursor.take('<')) break;
      if (++links > limits::max_links) return std::nullopt;
      const auto target = cursor.take_while([](char c) { return c != '>'; });
      if (!cursor.take('>')) break;
      if (has_relation(take_relations(cursor), "next")) return std::string(trim(target));
    }
  }
  return std::nullopt;
}

}  // namespace dray::http
