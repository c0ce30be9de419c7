#pragma once

namespace dray::cli {

/// Passwords and tokens pass through this program: from now on the kernel writes no core dump of it, and no other
/// process of the same user may read its memory or environment (PR_SET_DUMPABLE, prctl(2)).
void forbid_core_dumps() noexcept;

}  // namespace dray::cli
