#include <dray/http/challenge.hpp>

#include <dray/http/limits.hpp>

#include "text.hpp"

namespace dray::http {
namespace {

constexpr bool is_token68_char(char c) noexcept {
  return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '+' || c == '/';
}

void skip_blanks_and_commas(Cursor& cursor) {
  cursor.take_while([](char c) { return is_blank(c) || c == ','; });
}

/// `abc==` directly behind a scheme, which only a comma or the end may follow: else it is a parameter or the next
/// scheme, and the cursor stays.
std::string take_token68(Cursor& cursor) {
  auto ahead = cursor;
  auto text = std::string(ahead.take_while(is_token68_char));
  if (text.empty()) return {};
  text += ahead.take_while([](char c) { return c == '='; });
  ahead.skip_blanks();
  if (!ahead.at_end() && ahead.peek() != ',') return {};
  cursor = ahead;
  return text;
}

/// Reads one line; a word that an equals sign follows is a parameter of the challenge before it, any other word
/// begins a challenge.
void parse_line(std::string_view line, std::vector<Challenge>& challenges) {
  Cursor cursor(line);
  bool in_challenge = false;
  while (true) {
    skip_blanks_and_commas(cursor);
    if (cursor.at_end()) return;
    const auto word = cursor.take_token();
    if (word.empty()) {  // no grammar begins so: leave it out, up to the next comma
      cursor.take_while([](char c) { return c != ','; });
      continue;
    }
    const bool blank_follows = is_blank(cursor.peek());
    cursor.skip_blanks();
    if (cursor.take('=')) {
      cursor.skip_blanks();
      auto value = cursor.take_value(",");
      if (!in_challenge || !value) continue;
      auto& parameters = challenges.back().parameters;
      if (parameters.size() < limits::max_challenge_parameters) parameters.emplace(lower_case(word), *std::move(value));
      continue;
    }
    if (challenges.size() == limits::max_challenges) return;
    in_challenge = true;
    challenges.push_back(Challenge{lower_case(word), {}, {}});
    if (blank_follows) challenges.back().token68 = take_token68(cursor);
  }
}

}  // namespace

std::vector<Challenge> parse_challenges(const std::vector<std::string_view>& header_lines) {
  std::vector<Challenge> challenges;
  for (const auto line : header_lines) parse_line(line, challenges);
  return challenges;
}

}  // namespace dray::http
