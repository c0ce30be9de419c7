#include "secret_name.hpp"

#include <fmt/format.h>

namespace dray::client {

SecretKind kind_of(const std::optional<Credential>& credential) noexcept {
  if (!credential) return SecretKind::none;
  if (!credential->registry_token.empty()) return SecretKind::registry_token;
  if (!credential->identity_token.empty()) return SecretKind::identity_token;
  return SecretKind::password;
}

std::string name_of(const Credential& credential) {
  switch (kind_of(credential)) {
    case SecretKind::registry_token:
      return fmt::format("the registry token from {}", credential.origin);
    case SecretKind::identity_token:
      return fmt::format("the identity token from {}", credential.origin);
    default:
      return fmt::format("the credential of \"{}\" from {}", credential.username, credential.origin);
  }
}

std::string account_of(const std::optional<Credential>& credential) {
  if (!credential) return {};
  return credential->username.empty() ? "<token>" : credential->username;
}

std::string describe_use(const Registry& registry, const std::optional<Credential>& credential) {
  if (!credential) {
    return fmt::format("no credential for {} was found; `dray login {}` makes one that is read here", registry.text(),
                       registry.text());
  }
  return name_of(*credential) + " was used";
}

std::string describe_use(const Registry& registry, const TokenServer& server,
                         const std::optional<Credential>& credential) {
  if (!credential || server.may_see_secrets) return describe_use(registry, credential);
  const auto origin = server.realm.origin();
  const auto host = origin.text().substr(origin.scheme.size() + 3);
  return fmt::format(
      "{} was held back, because {} sends us for tokens to {}, which is neither its own host nor known to belong to "
      "it; "
      "if it is right, --token-server {} lets it see the credential",
      name_of(*credential), registry.text(), origin.text(), host);
}

}  // namespace dray::client
