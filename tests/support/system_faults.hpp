#pragma once

#include <atomic>
#include <dray/base/system_faults.hpp>
#include <functional>
#include <optional>

namespace dray::testing {

/// Lets the n-th system call (from 1; of one kind or of any) fail, and those behind it when asked.
/// Count first with n = 0, which fails none; then run the operation once for each n up to `count()`.
class FailNthCall final : public SystemFaults {
 public:
  FailNthCall(std::size_t n, int error, std::optional<SystemCall> kind = {}, bool for_ever = false)
      : n_(n), error_(error), kind_(kind), for_ever_(for_ever) {}
  [[nodiscard]] int before(SystemCall call) noexcept override {
    if (kind_ && call != *kind_) return 0;
    const auto number = ++count_;
    const bool hit = n_ != 0 && (number == n_ || (for_ever_ && number > n_));
    return hit ? error_ : 0;
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  std::atomic<std::size_t> count_ = 0;
  const std::size_t n_;
  const int error_;
  const std::optional<SystemCall> kind_;
  const bool for_ever_;
};

/// Runs any function before each call.
class OnSystemCall final : public SystemFaults {
 public:
  explicit OnSystemCall(std::function<int(SystemCall)> decide) : decide_(std::move(decide)) {}
  [[nodiscard]] int before(SystemCall call) noexcept override { return decide_(call); }

 private:
  const std::function<int(SystemCall)> decide_;
};

}  // namespace dray::testing
