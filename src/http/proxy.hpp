#pragma once

#include <dray/http/url.hpp>
#include <string>
#include <string_view>

namespace dray::http {

/// The proxy variables of the environment, as curl and Go read them: the lower-case name wins, and `HTTP_PROXY` in
/// upper case is not read in a CGI program, whose caller could set it.
struct ProxySettings {
  std::string http;
  std::string https;
  std::string all;
  std::string no_proxy;
  std::string everything = {};  ///< Said on the command line: for each origin, this machine's own included.

  [[nodiscard]] static ProxySettings from_environment();

  /// The proxy's URL; empty: connect directly. We decide this, not libcurl, so that the address rule knows whose
  /// address a connection has.
  [[nodiscard]] std::string proxy_for(const Origin& origin) const;
};

/// What a proxy answers that wants a user name and a password.
inline constexpr int proxy_asks_for_password = 407;

/// `http://proxy.example:3128`: the proxy without user, password and what stands behind its port. Empty for none.
[[nodiscard]] std::string printable_proxy(std::string_view proxy);

/// Whether a `NO_PROXY` list (names with all below them, addresses, `10.0.0.0/8`, `*`; `host:port`) holds this host.
[[nodiscard]] bool is_excepted(std::string_view no_proxy, const Origin& origin);

}  // namespace dray::http
