#pragma once

#include <dray/ops/convert.hpp>

#include "context.hpp"
#include "transfer.hpp"

namespace dray::cli {

/// Shows what became of each part, and warns on standard error of what was lost.
[[nodiscard]] Result<int> show_converted(Context& context, const ops::ConvertReport& report, const CopiedTo& to);

}  // namespace dray::cli
