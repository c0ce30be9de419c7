#pragma once

#include <atomic>
#include <cerrno>
#include <dray/base/system_faults.hpp>

namespace dray::system {

/// What a test installed, else nullptr.
extern std::atomic<SystemFaults*> faults;

/// Makes the call, again when a signal interrupted it; -1 with errno set when a test lets it fail.
template <class Call>
[[nodiscard]] auto call(SystemCall kind, Call&& make) -> decltype(make()) {
  if (auto* const installed = faults.load(std::memory_order_acquire); installed != nullptr) {
    if (const int error = installed->before(kind); error != 0) {
      errno = error;
      return -1;
    }
  }
  while (true) {
    const auto result = make();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace dray::system
