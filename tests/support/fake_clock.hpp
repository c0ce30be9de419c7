#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <dray/base/clock.hpp>
#include <mutex>
#include <utility>
#include <vector>

namespace dray::testing {

/// A clock that stands still until it is told otherwise. A sleep returns at once, moves the clock on by its whole
/// duration, and is recorded; after a stop request it does none of that but say so. Safe from many threads.
class FakeClock final : public Clock {
 public:
  /// Begins at the moment when the first fixture's signed link ended: 2019-03-15T00:29:41Z.
  explicit FakeClock(std::chrono::system_clock::time_point wall =
                         std::chrono::system_clock::time_point(std::chrono::seconds(1552609781)))
      : wall_(wall) {}

  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::time_point(std::chrono::hours(1)) + passed_;
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const override {
    const std::lock_guard lock(mutex_);
    return wall_ + passed_;
  }
  bool sleep_for(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    if (stop.stop_requested()) return false;
    const std::lock_guard lock(mutex_);
    sleeps_.push_back(duration);
    passed_ += duration;
    return true;
  }

  void advance(std::chrono::milliseconds duration) {
    const std::lock_guard lock(mutex_);
    passed_ += duration;
  }
  [[nodiscard]] std::vector<std::chrono::milliseconds> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::system_clock::time_point wall_;
  std::chrono::milliseconds passed_{0};
  std::vector<std::chrono::milliseconds> sleeps_;
};

/// Gives the same numbers over and over, in turn. Safe from many threads.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(double value = 0.5) : values_{value} {}
  explicit FixedRandom(std::vector<double> values) : values_(std::move(values)) {}
  [[nodiscard]] double next_unit() override { return values_[next_++ % values_.size()]; }

 private:
  std::vector<double> values_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace dray::testing
