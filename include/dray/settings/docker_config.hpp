#pragma once

#include <dray/client/credentials.hpp>
#include <dray/client/endpoint_policy.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dray::settings {

/// The environment as settings see it; passed in, so that tests decide. nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// Reads `auths` of docker's `config.json` (Basic: `auth`, or `username` and `password`).
/// The file is `file` when given (it must exist then), else `$DOCKER_CONFIG/config.json`, else
/// `~/.docker/config.json`. It is read once, at the first `find`. Keys may be a host, a URL with `/v1/` or `/v2/`
/// behind it, or Docker Hub's `https://index.docker.io/v1/`.
[[nodiscard]] std::shared_ptr<client::CredentialSource> docker_config(std::optional<std::filesystem::path> file,
                                                                      Environment environment);

/// https everywhere but for loopback names and the hosts named here, which are spoken to in plain HTTP.
/// A loopback registry is tried as https first only when `https_hosts` names it.
struct EndpointOptions {
  std::set<std::string> plain_http;  ///< `host` or `host:port`
  std::set<std::string> https;       ///< loopback registries that speak TLS
};
[[nodiscard]] std::shared_ptr<client::EndpointPolicy> endpoints(EndpointOptions options);

}  // namespace dray::settings
