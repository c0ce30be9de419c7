#pragma once

#include <dray/base/result.hpp>
#include <map>
#include <string>
#include <string_view>

namespace dray::settings {

/// A user name and its password as a file holds them.
struct Login {
  std::string username;
  std::string password;
};

/// Reads `auths` of a docker `config.json`: registry (as `registry_of_key` writes it) to login. An entry without a
/// user name and password is left out: docker writes empty ones where a helper has the secret. The first of two keys
/// for one registry wins, but one that is spelled as the plain host comes before URLs.
/// Errors: `invalid_input` that names the line and column, or the key; never its value.
[[nodiscard]] Result<std::map<std::string, Login>> parse_docker_config(std::string_view text);

}  // namespace dray::settings
