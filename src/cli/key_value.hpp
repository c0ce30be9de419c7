#pragma once

#include <dray/base/result.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "command.hpp"

namespace dray::cli {

/// Both sides of `KEY=VALUE`. `invalid_input`, with the option's name, for what has no key.
[[nodiscard]] Result<std::pair<std::string, std::string>> key_and_value(std::string_view option,
                                                                        const std::string& text);
/// All values of such an option; the last one of a key counts.
[[nodiscard]] Result<std::map<std::string, std::string>> keys_and_values(const Input& input, std::string_view option);

}  // namespace dray::cli
