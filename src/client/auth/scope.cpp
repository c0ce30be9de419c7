#include "scope.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace dray::client {

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
