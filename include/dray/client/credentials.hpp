#pragma once

#include <dray/base/result.hpp>
#include <dray/core/reference.hpp>
#include <memory>
#include <optional>
#include <string>

namespace dray::client {

/// What somebody may present to a registry. Never shown. One of the three kinds of secret is there; where a source has
/// several, the registry token wins, then the identity token.
struct Credential {
  std::string username;
  std::string password;
  std::string origin;  ///< For people: which file or variable it came from, as `/home/u/.docker/config.json`.
  std::string identity_token = {};  ///< A refresh token: shown to the token server alone, in the POST form.
  std::string registry_token = {};  ///< A bearer token that the registry takes as it is; no token server is asked.
};

/// Finds the credential for a repository, or for a whole registry (the catalog) where `repository` is empty.
/// Safe from many threads.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// nullopt: anonymous. An error is a broken file or helper, named in the message.
  [[nodiscard]] virtual Result<std::optional<Credential>> find(const Registry& registry,
                                                               const std::string& repository) = 0;
};

/// Nobody.
[[nodiscard]] std::shared_ptr<CredentialSource> anonymous();

}  // namespace dray::client
