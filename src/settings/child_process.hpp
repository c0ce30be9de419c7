#pragma once

#include <chrono>
#include <cstddef>
#include <dray/base/result.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace dray::settings {

/// A program to run to its end, without a shell.
struct ChildRequest {
  std::filesystem::path program;         ///< Absolute.
  std::vector<std::string> arguments;    ///< Behind the program's name.
  std::vector<std::string> environment;  ///< `NAME=value`; nothing else reaches it.
  std::string input;                     ///< Its standard input, which ends there.
  std::chrono::milliseconds deadline{};
  std::size_t max_out = 0;  ///< More than this on standard output is `limit_exceeded`.
  std::size_t max_err = 0;  ///< What is kept of standard error; the rest is read and dropped.
};

struct ChildOutcome {
  int status = 0;  ///< The exit status, or 128 plus the signal that ended it.
  std::string out;
  std::string err;
};

/// Runs it in a process group of its own, which is killed as a whole when it ends, when it says too much, and when the
/// deadline passes (`timed_out`). It starts with no open file but its three standard streams and no blocked signal.
[[nodiscard]] Result<ChildOutcome> run_child(const ChildRequest& request);

}  // namespace dray::settings
