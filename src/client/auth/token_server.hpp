#pragma once

#include <dray/http/challenge.hpp>
#include <dray/http/message.hpp>
#include <set>
#include <string>

namespace dray::client {

/// What a person allows token servers.
struct TokenServerPolicy {
  bool allow_private = false;
  std::set<std::string> named;  ///< See `judge_token_server`.
};

/// The server that a registry sends us to for tokens, after it was looked at with suspicion.
struct TokenServer {
  http::Url realm;
  std::string service;  ///< Empty where the challenge named none.
  http::AddressRule addresses = http::AddressRule::public_only;
  /// Passwords and refresh tokens; see `judge_token_server`. Without it tokens for strangers are still had there.
  bool may_see_secrets = false;
};

/// Reads a `Bearer` challenge of the registry at `base`, which was reached at an address of class `reached`.
/// The realm may be relative. It is refused (`denied`) when it is no http or https URL, has user info, is plain http
/// while the registry is https, or names an address narrower than the registry's own, unless that is allowed.
/// What a name resolves to is judged by the transport, by `addresses`. `protocol` when there is no realm.
[[nodiscard]] Result<TokenServer> token_server(const http::Url& base, http::AddressClass reached,
                                               const http::Challenge& challenge, const TokenServerPolicy& policy);

}  // namespace dray::client
