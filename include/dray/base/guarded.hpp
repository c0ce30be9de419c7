#pragma once

#include <mutex>
#include <utility>

namespace dray {

/// A value that is reached only under its lock.
template <class T>
class Guarded {
 public:
  Guarded() = default;
  explicit Guarded(T value) : value_(std::move(value)) {}

  /// Runs `f(value)` under the lock and returns what it returns. `f` does no I/O and calls nobody back.
  template <class F>
  auto with(F&& f) -> decltype(auto) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }
  template <class F>
  auto with(F&& f) const -> decltype(auto) {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(f)(value_);
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace dray
