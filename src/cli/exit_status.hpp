#pragma once

#include <dray/base/error.hpp>

namespace dray::cli {

/// What the program ends with; documented in docs/exit-statuses.md.
enum ExitStatus : int {
  exit_done = 0,
  exit_failure = 1,
  exit_usage = 2,
  exit_not_found = 3,
  exit_not_authorised = 4,
  exit_bad_content = 5,
  exit_unavailable = 6,
  exit_answer_no = 7,
  exit_no_space = 8,
  exit_interrupted = 130,
};

/// What several failures come to: the status that all of them share, else `exit_failure`; that somebody stopped the
/// program comes before everything else.
class SharedStatus {
 public:
  void add(ErrorCode code) noexcept;
  [[nodiscard]] int get() const noexcept { return status_; }  ///< `exit_done` when there was none.

 private:
  int status_ = exit_done;
};

/// The one place that turns a code into an exit status.
[[nodiscard]] ExitStatus exit_status(ErrorCode code) noexcept;

}  // namespace dray::cli
