#include "scope.hpp"

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/server/limits.hpp>

namespace dray::server {
namespace {

constexpr std::size_t max_actions = 8;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_name_char(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || std::string_view("._-/:").find(c) != std::string_view::npos;
}
constexpr std::string_view blanks = " +";

Error bad_scope(const char* why) { return {ErrorCode::invalid_input, why}; }

/// `repository` or `repository(class)`.
Result<std::string> parse_type(std::string_view text) {
  const auto open = text.find('(');
  const auto type = text.substr(0, open);
  bool sound = !type.empty() && std::ranges::all_of(type, is_lower_or_digit);
  if (open != std::string_view::npos) {
    sound = sound && text.ends_with(')') && text.size() > open + 2 &&
            std::ranges::all_of(text.substr(open + 1, text.size() - open - 2), is_lower_or_digit);
  }
  if (!sound || type.size() > dray::limits::max_name_chars)
    return bad_scope("a scope's type must be lower-case letters and digits");
  return std::string(type);
}

Result<std::string> parse_name(std::string_view text) {
  if (text.empty() || text.size() > dray::limits::max_name_chars)
    return bad_scope("a scope's name must have 1 to 255 characters");
  if (!std::ranges::all_of(text, is_name_char)) return bad_scope("a scope's name has a character that no name has");
  if (text.starts_with('/') || text.ends_with('/') || text.find("//") != std::string_view::npos ||
      text.find("..") != std::string_view::npos) {
    return bad_scope("a scope's name has an empty part or '..'");
  }
  return std::string(text);
}

Result<std::vector<std::string>> parse_actions(std::string_view text) {
  std::vector<std::string> actions;
  while (true) {
    const auto comma = text.find(',');
    const auto action = text.substr(0, comma);
    const bool sound =
        action == "*" || (!action.empty() && std::ranges::all_of(action, [](char c) { return c >= 'a' && c <= 'z'; }));
    if (!sound) return bad_scope("a scope's action must be lower-case letters, or '*'");
    if (std::ranges::find(actions, action) == actions.end()) actions.emplace_back(action);
    if (actions.size() > max_actions) return bad_scope("a scope has too many actions");
    if (comma == std::string_view::npos) return actions;
    text.remove_prefix(comma + 1);
  }
}

Result<Scope> parse_scope(std::string_view text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == std::string_view::npos || first == last) return bad_scope("a scope must be 'type:name:actions'");
  DRAY_TRY_ASSIGN(auto type, parse_type(text.substr(0, first)));
  DRAY_TRY_ASSIGN(auto name, parse_name(text.substr(first + 1, last - first - 1)));
  DRAY_TRY_ASSIGN(auto actions, parse_actions(text.substr(last + 1)));
  return Scope{std::move(type), std::move(name), std::move(actions)};
}

void add(std::vector<Scope>& scopes, Scope more) {
  const auto same = std::ranges::find_if(
      scopes, [&](const Scope& scope) { return scope.type == more.type && scope.name == more.name; });
  if (same == scopes.end()) {
    scopes.push_back(std::move(more));
    return;
  }
  for (auto& action : more.actions) {
    if (std::ranges::find(same->actions, action) == same->actions.end()) same->actions.push_back(std::move(action));
  }
}

/// Takes the text up to a blank off `text`, with the blanks before it; empty at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const auto word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<std::vector<Scope>> parse_scopes(std::span<const std::string_view> texts) {
  std::vector<Scope> scopes;
  std::size_t count = 0;
  for (auto text : texts) {
    for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
      if (++count > limits::max_scopes) return Error(ErrorCode::limit_exceeded, "too many scopes");
      DRAY_TRY_ASSIGN(auto scope, parse_scope(word));
      add(scopes, std::move(scope));
    }
  }
  return scopes;
}

std::string scope_text(std::span<const Scope> scopes) {
  std::string text;
  for (const auto& scope : scopes) {
    if (!text.empty()) text += ' ';
    text.append(scope.type).append(":").append(scope.name);
    char separator = ':';
    for (const auto& action : scope.actions) {
      text += separator;
      text += action;
      separator = ',';
    }
  }
  return text;
}

std::vector<Scope> scopes_for(std::span<const Need> needs) {
  std::vector<Scope> scopes;
  for (const auto& need : needs) {
    if (need.repository.empty()) {
      add(scopes, {"registry", "catalog", {"*"}});
    } else if (need.action == Action::push) {
      add(scopes, {"repository", need.repository, {"pull", "push"}});
    } else {
      add(scopes, {"repository", need.repository, {std::string(name(need.action))}});
    }
  }
  return scopes;
}

bool covers(std::span<const Scope> scopes, const Need& need) noexcept {
  const bool catalog = need.repository.empty();
  const std::string_view type = catalog ? "registry" : "repository";
  const std::string_view wanted = catalog ? "catalog" : std::string_view(need.repository);
  const std::string_view action = catalog ? "*" : name(need.action);
  return std::ranges::any_of(scopes, [&](const Scope& scope) {
    return scope.type == type && scope.name == wanted &&
           std::ranges::find(scope.actions, action) != scope.actions.end();
  });
}

}  // namespace dray::server
