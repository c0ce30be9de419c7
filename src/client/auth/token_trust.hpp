#pragma once

#include <cstdint>
#include <dray/http/url.hpp>
#include <set>
#include <string>

namespace dray::client {

/// Why a token server may see a password or a refresh token.
enum class TokenServerTrust : std::uint8_t {
  none,        ///< It may not.
  own_origin,  ///< It is the registry itself.
  named,       ///< The person named the host.
  known_pair,  ///< This registry's token server is known to be there.
  same_domain  ///< One of the two hosts is a parent domain of the other.
};

/// Judges the origin that `registry` sends us to for tokens. `named` holds `HOST` or `HOST:PORT`; a name without a port
/// means the scheme's own one.
///
/// The registry chooses its token server, and an answer of its own can be forged by whoever stands in for it, so a host
/// needs a reason beside the registry's word. A parent domain has one: who holds it can move any name below it, and get
/// a certificate for that. A child has one: its parent gave it away, and it is the parent that speaks. Sisters
/// (`a.example.com`, `b.example.com`) have none, because nobody here knows whether `example.com` is one owner or a
/// place where everybody may have a name, as `github.io` is. Beside the registry itself and named hosts only https on
/// its own port counts.
[[nodiscard]] TokenServerTrust judge_token_server(const http::Origin& registry, const http::Origin& realm,
                                                  const std::set<std::string>& named);

}  // namespace dray::client
