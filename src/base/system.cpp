#include "system.hpp"

#include <cassert>

namespace dray {

namespace system {
std::atomic<SystemFaults*> faults{nullptr};
}  // namespace system

ScopedSystemFaults::ScopedSystemFaults(SystemFaults& faults) noexcept {
  [[maybe_unused]] auto* const before = system::faults.exchange(&faults);
  assert(before == nullptr);
}

ScopedSystemFaults::~ScopedSystemFaults() { system::faults.store(nullptr); }

}  // namespace dray
