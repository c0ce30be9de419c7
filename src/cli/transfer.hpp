#pragma once

#include <string>
#include <string_view>

#include "context.hpp"

namespace dray::cli {

/// Copies from one address to another with the options of the command line and shows the report: what pull, push
/// and copy are.
[[nodiscard]] Result<int> transfer(Context& context, const Input& input, const std::string& from,
                                   const std::string& to);

}  // namespace dray::cli
