#pragma once

#include <dray/client/credentials.hpp>
#include <dray/settings/endpoints.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>
#include <memory>
#include <optional>

namespace dray::settings {

/// Reads `auths` of docker's `config.json` (Basic: `auth`, or `username` and `password`).
/// The file is `file` when given (it must exist then), else `$DOCKER_CONFIG/config.json`, else
/// `~/.docker/config.json`. It is read once, at the first `find`. Keys may be a host, a URL with `/v1/` or `/v2/`
/// behind it, or Docker Hub's `https://index.docker.io/v1/`.
[[nodiscard]] std::shared_ptr<client::CredentialSource> docker_config(std::optional<std::filesystem::path> file,
                                                                      Environment environment);

}  // namespace dray::settings
