#pragma once

#include <dray/client/endpoint_policy.hpp>
#include <memory>
#include <set>
#include <string>

namespace dray::settings {

/// https everywhere but for loopback names and the hosts named here, which are spoken to in plain HTTP.
/// A loopback registry is tried as https first only when `https_hosts` names it.
struct EndpointOptions {
  std::set<std::string> plain_http;  ///< `host` or `host:port`
  std::set<std::string> https;       ///< loopback registries that speak TLS
};
[[nodiscard]] std::shared_ptr<client::EndpointPolicy> endpoints(EndpointOptions options);

}  // namespace dray::settings
