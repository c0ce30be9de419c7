#pragma once

#include <dray/http/url.hpp>
#include <string>
#include <string_view>

namespace dray::http {

/// The proxy variables of the environment, as curl reads them: the lower-case name wins, and `HTTP_PROXY` in upper
/// case is not read (a CGI program's caller could set it).
struct ProxySettings {
  std::string http;
  std::string https;
  std::string all;
  std::string no_proxy;

  [[nodiscard]] static ProxySettings from_environment();

  /// The proxy's URL; empty: connect directly. We decide this, not libcurl, so that the address rule knows whose
  /// address a connection has.
  [[nodiscard]] std::string proxy_for(const Origin& origin) const;
};

/// Whether a `NO_PROXY` list (names with all below them, addresses, `10.0.0.0/8`, `*`; `host:port`) holds this host.
[[nodiscard]] bool is_excepted(std::string_view no_proxy, const Origin& origin);

}  // namespace dray::http
