#pragma once

#include <dray/client/registry_client.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace dray::client {

/// Each repository once, its actions together and sorted; in the order of first mention.
[[nodiscard]] std::vector<Scope> merged(const std::vector<Scope>& scopes);

/// The texts of `merged(scopes)`, the one that a challenge's `scope` named first: some token servers read only one.
/// Nothing that the challenge wants beyond `scopes` is ever asked for.
[[nodiscard]] std::vector<std::string> scope_texts(const std::vector<Scope>& scopes, std::string_view missing);

/// `scopes` and, behind a refusal that says `insufficient_scope`, what the challenge's `scope` asks for beside them: of
/// repositories alone (a registry may know ours by another name), and no action that `scopes` does not have.
[[nodiscard]] std::vector<Scope> with_missing(const std::vector<Scope>& scopes, std::string_view missing);

/// The same set of scopes has the same key, whatever the order.
[[nodiscard]] std::string scope_key(const std::vector<Scope>& scopes);

/// The repository that a credential is looked for; empty where the whole registry is meant.
[[nodiscard]] std::string repository_of(const std::vector<Scope>& scopes);

}  // namespace dray::client
