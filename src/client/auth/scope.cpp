#include "scope.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <dray/core/limits.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace dray::client {
namespace {

/// Scopes of one challenge that are looked at.
constexpr std::size_t max_missing = 4;

std::string_view take_word(std::string_view& text, char separator) {
  const auto word = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

/// `repository:NAME:action,action`; the name may hold a port's colon.
std::optional<Scope> parse_scope(std::string_view text) {
  constexpr std::string_view type = "repository:";
  const auto colon = text.rfind(':');
  if (!text.starts_with(type) || colon < type.size()) return std::nullopt;
  const auto name = text.substr(type.size(), colon - type.size());
  const auto fits = [](char c) { return c > ' ' && c < '\x7f' && c != '*'; };
  if (name.empty() || name.size() > limits::max_name_chars || !std::all_of(name.begin(), name.end(), fits)) {
    return std::nullopt;
  }
  Scope scope{"repository", std::string(name), {}};
  for (auto actions = text.substr(colon + 1); !actions.empty();) scope.actions.emplace_back(take_word(actions, ','));
  if (scope.actions.empty()) return std::nullopt;
  return scope;
}

}  // namespace

std::string Scope::text() const { return fmt::format("{}:{}:{}", type, name, fmt::join(actions, ",")); }

Scope pull_scope(const std::string& repository) { return {"repository", repository, {"pull"}}; }
Scope push_scope(const std::string& repository) { return {"repository", repository, {"pull", "push"}}; }
Scope delete_scope(const std::string& repository) { return {"repository", repository, {"delete", "pull"}}; }
Scope catalog_scope() { return {"registry", "catalog", {"*"}}; }

std::vector<Scope> merged(const std::vector<Scope>& scopes) {
  std::vector<Scope> result;
  for (const auto& scope : scopes) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const Scope& other) {
      return other.type == scope.type && other.name == scope.name;
    });
    auto& target = same == result.end() ? result.emplace_back(Scope{scope.type, scope.name, {}}) : *same;
    auto& actions = target.actions;
    actions.insert(actions.end(), scope.actions.begin(), scope.actions.end());
    std::sort(actions.begin(), actions.end());
    actions.erase(std::unique(actions.begin(), actions.end()), actions.end());
  }
  return result;
}

std::vector<std::string> scope_texts(const std::vector<Scope>& scopes, std::string_view missing) {
  auto ordered = merged(scopes);
  std::stable_partition(ordered.begin(), ordered.end(), [&](const Scope& scope) {
    return !missing.empty() && missing.starts_with(scope.type + ":" + scope.name + ":");
  });
  std::vector<std::string> texts;
  texts.reserve(ordered.size());
  for (const auto& scope : ordered) texts.push_back(scope.text());
  return texts;
}

std::vector<Scope> with_missing(const std::vector<Scope>& scopes, std::string_view missing) {
  std::set<std::string> allowed;
  for (const auto& scope : scopes) allowed.insert(scope.actions.begin(), scope.actions.end());
  auto all = scopes;
  while (!missing.empty() && all.size() < scopes.size() + max_missing) {
    auto extra = parse_scope(take_word(missing, ' '));
    const auto permits = [&](const std::string& action) { return action != "*" && allowed.contains(action); };
    if (extra && std::all_of(extra->actions.begin(), extra->actions.end(), permits)) all.push_back(*std::move(extra));
  }
  return merged(all);
}

std::string scope_key(const std::vector<Scope>& scopes) {
  auto texts = scope_texts(scopes, {});
  std::sort(texts.begin(), texts.end());
  return fmt::format("{}", fmt::join(texts, " "));
}

std::string repository_of(const std::vector<Scope>& scopes) {
  const auto found =
      std::find_if(scopes.begin(), scopes.end(), [](const Scope& scope) { return scope.type == "repository"; });
  return found == scopes.end() ? std::string() : found->name;
}

}  // namespace dray::client
