#pragma once

#include <cstdint>

namespace dray {

/// The system calls of file.hpp that can fail for reasons outside the program.
/// `open_beneath` is openat2, which may be missing; `inspect` is stat and its kin, `change`
/// sets a mode or a time.
enum class SystemCall : std::uint8_t {
  open,
  open_beneath,
  make_directory,
  inspect,
  read,
  write,
  resize,
  reserve,
  sync,
  rename,
  remove,
  lock,
  change
};

/// Decides before each system call of file.hpp whether it fails instead: how tests make the n-th write meet a full
/// disk, or kill the process at the n-th call. Nothing but a test installs one; without it a call costs one load.
class SystemFaults {
 public:
  virtual ~SystemFaults() = default;
  /// The errno with which the call fails untried; 0 lets it happen. Called from many threads.
  [[nodiscard]] virtual int before(SystemCall call) noexcept = 0;
};

/// Installs `faults` for the whole process as long as it lives. One at a time, and while no other thread is inside a
/// function of file.hpp at its ends.
class ScopedSystemFaults {
 public:
  explicit ScopedSystemFaults(SystemFaults& faults) noexcept;
  ~ScopedSystemFaults();
  ScopedSystemFaults(const ScopedSystemFaults&) = delete;
  ScopedSystemFaults& operator=(const ScopedSystemFaults&) = delete;
};

}  // namespace dray
