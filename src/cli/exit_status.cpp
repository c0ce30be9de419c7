#include "exit_status.hpp"

namespace dray::cli {

ExitStatus exit_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_input:
      return exit_usage;
    case ErrorCode::not_found:
      return exit_not_found;
    case ErrorCode::unauthorized:
    case ErrorCode::denied:
      return exit_not_authorised;
    case ErrorCode::digest_mismatch:
      return exit_bad_content;
    case ErrorCode::rate_limited:
    case ErrorCode::unavailable:
    case ErrorCode::timed_out:
      return exit_unavailable;
    case ErrorCode::limit_exceeded:
    case ErrorCode::no_space:
      return exit_no_space;
    case ErrorCode::cancelled:
      return exit_interrupted;
    case ErrorCode::conflict:
    case ErrorCode::unsupported:
    case ErrorCode::io:
    case ErrorCode::protocol:
      return exit_failure;
  }
  return exit_failure;
}

void SharedStatus::add(ErrorCode code) noexcept {
  const int own = exit_status(code);
  if (status_ == exit_interrupted || own == exit_interrupted) {
    status_ = exit_interrupted;
  } else {
    status_ = status_ == exit_done || status_ == own ? own : exit_failure;
  }
}

}  // namespace dray::cli
