#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dray::server {

/// `%41` to `A`; `+` stays. nullopt for a `%` without two hex digits behind it and for a NUL.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace dray::server
