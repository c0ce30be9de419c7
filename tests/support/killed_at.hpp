#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>

#include "system_faults.hpp"

namespace dray::testing {

/// Runs `work` in a process of its own that is killed at its n-th system call (from 1). False when it came to its end
/// before.
template <class Work>
[[nodiscard]] bool killed_at(std::size_t n, Work&& work) {
  const auto child = ::fork();
  if (child == 0) {
    std::size_t count = 0;
    OnSystemCall killer([&](SystemCall) {
      if (++count == n) ::raise(SIGKILL);
      return 0;
    });
    const ScopedSystemFaults scope(killer);
    work();
    ::_exit(0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status);
}

}  // namespace dray::testing
