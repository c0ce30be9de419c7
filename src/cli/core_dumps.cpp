#include "core_dumps.hpp"

#include <sys/prctl.h>

namespace dray::cli {

void forbid_core_dumps() noexcept { ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

}  // namespace dray::cli
