#include "warning.hpp"

#include <dray/core/limits.hpp>

#include "peer_words.hpp"

namespace dray::client {
namespace {

constexpr std::string_view prefix = "299 - \"";

/// The text behind the opening quote up to the closing one.
std::string unquoted(std::string_view rest) {
  std::string text;
  for (std::size_t at = 0; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    text += rest[at];
  }
  return text;
}

}  // namespace

std::vector<std::string> read_warnings(const std::vector<std::string_view>& lines) {
  std::vector<std::string> texts;
  std::size_t total = 0;
  for (const auto line : lines) {
    total += line.size();
    if (total > limits::max_warning_bytes) break;
    if (!line.starts_with(prefix)) continue;
    auto text = clean_words(unquoted(line.substr(prefix.size())));
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace dray::client
