#include "quote.hpp"

#include <algorithm>

#include "chars.hpp"

namespace dray {
namespace {

constexpr std::size_t longest_quote = 160;

bool begins_a_digest(std::string_view text) {
  const auto algorithm = chars::lowered(text.substr(0, std::string_view("sha256:").size()));
  return (algorithm == "sha256:" || algorithm == "sha512:") && text.find('/') == std::string_view::npos;
}

// `user:password@host/...`, also where no scheme stands before it. What may be shown in front of an `@` is a
// reference's name before its digest, or a name without any `:` before a single word.
std::size_t end_of_credentials(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return 0;
  const auto before = text.substr(0, at);
  const auto behind = text.substr(at + 1);
  if (begins_a_digest(behind)) return 0;
  const bool plain = before.find_first_of(":@") == std::string_view::npos;
  return plain && behind.find_first_of(":/.") == std::string_view::npos ? 0 : at + 1;
}

}  // namespace

std::string quote(std::string_view text) {
  std::string result(text.substr(0, longest_quote));
  std::ranges::replace_if(result, [](char c) { return !chars::is_printable(c); }, '?');
  if (text.size() > longest_quote) result += "...";
  return "'" + result + "'";
}

std::string quote_reference(std::string_view text) {
  const auto begin = end_of_credentials(text);
  return begin == 0 ? quote(text) : quote("..." + std::string(text.substr(begin)));
}

}  // namespace dray
