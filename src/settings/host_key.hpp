#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dray::settings {

[[nodiscard]] std::string lower_case(std::string_view text);

/// The registry that a key of `auths` means, `host[:port]` in lower case, all of Docker Hub's names as `docker.io`.
/// A key is a host, or a URL with nothing, `/v1/` or `/v2/` behind the host; nullopt for any other path, because an
/// entry for one repository must not serve a whole registry.
[[nodiscard]] std::optional<std::string> registry_of_key(std::string_view key);

}  // namespace dray::settings
