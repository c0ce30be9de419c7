#pragma once

#include <cstdint>
#include <dray/client/credentials.hpp>
#include <dray/core/reference.hpp>
#include <optional>
#include <string>

#include "token_server.hpp"

namespace dray::client {

/// Which of its secrets a credential is used by.
enum class SecretKind : std::uint8_t { none, password, identity_token, registry_token };
[[nodiscard]] SecretKind kind_of(const std::optional<Credential>& credential) noexcept;

/// For people, never a secret: `the credential of "bob" from FILE`, `the identity token from FILE`.
[[nodiscard]] std::string name_of(const Credential& credential);

/// For observers and for the key of a token: the user name, or what stands for it; empty for nobody.
[[nodiscard]] std::string account_of(const std::optional<Credential>& credential);

/// The sentence for a refusal: which credential was used, or how one is made.
[[nodiscard]] std::string describe_use(const Registry& registry, const std::optional<Credential>& credential);
/// The same where a token server is asked; says which option lets it see a credential that it may not see.
[[nodiscard]] std::string describe_use(const Registry& registry, const TokenServer& server,
                                       const std::optional<Credential>& credential);

}  // namespace dray::client
