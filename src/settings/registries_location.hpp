#pragma once

#include <dray/settings/registries.hpp>
#include <string>
#include <string_view>

namespace dray::settings {

/// Reads `host[:port][/path]`; a `/` at the end is let pass. Errors: `invalid_input`.
[[nodiscard]] Result<Location> parse_location(std::string_view text);
/// Reads a prefix: a location, or `*.` before a host. `unsupported` for one with a tag or digest, which names no
/// repository. Gives it back as `RegistryRule::prefix` has it.
[[nodiscard]] Result<std::string> parse_prefix(std::string_view text);

}  // namespace dray::settings
