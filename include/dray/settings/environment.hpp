#pragma once

#include <functional>
#include <optional>
#include <string>

namespace dray::settings {

/// The environment as settings see it; passed in, so that tests decide. nullopt: not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environment process_environment();

/// A variable that is set to something; an empty one counts as unset, as scripts clear them so.
[[nodiscard]] std::optional<std::string> set_variable(const Environment& environment, const std::string& name);

}  // namespace dray::settings
