#pragma once

#include <dray/settings/credentials.hpp>
#include <string>
#include <vector>

namespace dray::settings {

// Where `login` and `logout` write: the file of `--authfile`, else of `REGISTRY_AUTH_FILE`, else docker's. A helper
// that the file names for the registry gets the secret, and the file an empty entry, as docker does it. All other bytes
// of the file stay; it is replaced as a whole, with mode 0600, at the place where a link leads. A file that cannot be
// read as what it is (or is a Kubernetes secret) is never written. Two writers wait for each other.

/// The file that is written. Errors: `invalid_input` when nothing says where home is.
[[nodiscard]] Result<std::filesystem::path> login_file(const CredentialOptions& options);

/// Keeps the credential for the whole registry; its `origin` is not kept. Returns where it went, for people.
/// Errors: `unsupported` for a registry token where a helper would have to keep it.
[[nodiscard]] Result<std::string> store_credential(const CredentialOptions& options, const Registry& registry,
                                                   const client::Credential& credential);

/// Forgets the registry, however it is spelled; entries for paths on it too. Returns where there was something.
[[nodiscard]] Result<std::vector<std::string>> erase_credential(const CredentialOptions& options,
                                                                const Registry& registry);

/// Forgets every registry that the file has an entry for. Returns their names.
[[nodiscard]] Result<std::vector<std::string>> erase_all_credentials(const CredentialOptions& options);

}  // namespace dray::settings
