#pragma once

#include "auth_document.hpp"
#include "credential_place.hpp"

namespace dray::settings {

/// Looks in one document, from the narrowest to the widest: the entry of the repository, those of the namespaces above
/// it, the helper of the registry, the helper of all, the entry of the registry. An entry for a path never serves
/// another path; without a repository only those of the whole registry count.
/// Source: containers-auth.json(5); docker/cli, cli/config/configfile/file.go (GetCredentialsStore).
[[nodiscard]] Result<Looked> look_in(const AuthDocument& document, const std::string& origin, const EntryKey& wanted,
                                     HelperAnswers* helpers, AskHelpers ask);

/// The document's whole registries.
[[nodiscard]] std::vector<KnownLogin> logins_in(const AuthDocument& document);

[[nodiscard]] client::Credential credential_of(const Login& login, std::string origin);

}  // namespace dray::settings
