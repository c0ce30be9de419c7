#include <dray/base/clock.hpp>

#include <gtest/gtest.h>

#include <stop_token>
#include <thread>

namespace dray {
namespace clock_test {
namespace {

using std::chrono::milliseconds;

TEST(SystemClock, SleepsForTheTimeAsked) {
  const auto begin = system_clock().now();
  EXPECT_TRUE(system_clock().sleep_for(milliseconds(5), {}));
  EXPECT_GE(system_clock().now() - begin, milliseconds(5));
}

TEST(SystemClock, DoesNotSleepOnceStopped) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(system_clock().sleep_for(std::chrono::hours(1), stop.get_token()));
}

TEST(SystemClock, WakesWhenStopped) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(system_clock().sleep_for(std::chrono::hours(1), stop.get_token()));
}

TEST(SystemRandom, StaysInsideTheUnit) {
  bool differs = false;
  const auto first = system_random().next_unit();
  for (int i = 0; i < 1000; ++i) {
    const auto drawn = system_random().next_unit();
    ASSERT_GE(drawn, 0.0);
    ASSERT_LT(drawn, 1.0);
    differs = differs || drawn != first;
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace clock_test
}  // namespace dray
