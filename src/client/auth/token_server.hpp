#pragma once

#include <dray/http/challenge.hpp>
#include <dray/http/message.hpp>
#include <string>

namespace dray::client {

/// The server that a registry sends us to for tokens, after it was looked at with suspicion.
struct TokenServer {
  http::Url realm;
  std::string service;  ///< Empty where the challenge named none.
  http::AddressRule addresses = http::AddressRule::public_only;
  /// A password goes to the registry's own origin, and to another one over https only. The registry chooses its
  /// token server (`nvcr.io` has one under another domain), and whoever chooses could ask for the password itself;
  /// but nobody on the way may read it.
  bool may_see_password = false;
};

/// Reads a `Bearer` challenge of the registry at `base`, which was reached at an address of class `reached`.
/// The realm may be relative. It is refused (`denied`) when it is no http or https URL, has user info, is plain http
/// while the registry is https, or names an address narrower than the registry's own, unless `allow_private`.
/// What a name resolves to is judged by the transport, by `addresses`. `protocol` when there is no realm.
[[nodiscard]] Result<TokenServer> token_server(const http::Url& base, http::AddressClass reached,
                                               const http::Challenge& challenge, bool allow_private);

}  // namespace dray::client
