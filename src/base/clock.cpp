#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>

#include <condition_variable>
#include <mutex>
#include <random>

namespace dray {
namespace {

class SystemClock final : public Clock {
 public:
  std::chrono::steady_clock::time_point now() const override { return std::chrono::steady_clock::now(); }
  std::chrono::system_clock::time_point wall_now() const override { return std::chrono::system_clock::now(); }
  bool sleep_for(std::chrono::milliseconds duration, const std::stop_token& stop) override {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }
};

class SystemRandom final : public Random {
 public:
  double next_unit() override {
    return engine_.with([](std::mt19937_64& engine) { return std::uniform_real_distribution<double>(0, 1)(engine); });
  }

 private:
  Guarded<std::mt19937_64> engine_{std::mt19937_64(std::random_device{}())};
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

}  // namespace dray
