#pragma once

#include <chrono>
#include <dray/base/error.hpp>
#include <optional>

namespace dray::ops {

/// The state of a blob's stream right after it broke.
struct Cut {
  int number = 1;          ///< Cuts in a row, this one included, with less than `resume_progress_bytes` between them.
  bool any_bytes = false;  ///< At least one byte came since they began.
};

/// True for failures that asking again at the offset may mend.
[[nodiscard]] bool can_resume(ErrorCode code) noexcept;

/// How long to wait before the stream is opened again where it broke; nullopt: give up. A pure function; `jitter`
/// is in [0, 1). `max_tries` in all, one more where bytes came; the wait is drawn from zero to a bound that doubles.
[[nodiscard]] std::optional<std::chrono::milliseconds> resume_wait(const Cut& cut, double jitter) noexcept;

}  // namespace dray::ops
