#pragma once

#include <dray/base/result.hpp>
#include <dray/core/reference.hpp>
#include <memory>
#include <optional>
#include <string>

namespace dray::client {

/// What somebody may present to a registry. Never shown.
struct Credential {
  std::string username;
  std::string password;
  std::string origin;  ///< For people: which file or variable it came from, for example `/home/u/.docker/config.json`.
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
