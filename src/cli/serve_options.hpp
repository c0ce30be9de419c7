#pragma once

#include <dray/app/serve.hpp>

#include "command.hpp"
#include "context.hpp"

namespace dray::cli {

/// What `serve` was told, by a distribution config file and by options, which win. The access log's file is opened and
/// stays open to the program's end.
[[nodiscard]] Result<ServeOptions> serve_options(const Input& input, Context& context);

}  // namespace dray::cli
