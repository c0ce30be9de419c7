#include "rate_limiter.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "support/fake_clock.hpp"

namespace dray::http {
namespace rate_limiter_test {
namespace {

using dray::testing::FakeClock;
using std::chrono::milliseconds;

milliseconds passed(const FakeClock& clock, std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<milliseconds>(clock.now() - begun);
}

TEST(RateLimiter, LetsAsManyBytesPassAsTheRateSays) {
  struct Row {
    std::uint64_t rate;
    std::size_t piece;
    int pieces;
    int seconds;
  };
  for (const auto& row : {Row{1'000, 100, 100, 10}, Row{1'000'000, 65'536, 160, 10}, Row{10, 1, 100, 10},
                          Row{1, 1, 7, 7}, Row{3, 1, 30, 10}}) {
    FakeClock clock;
    RateLimiter limiter(row.rate, clock);
    const auto begun = clock.now();
    for (int i = 0; i < row.pieces; ++i) ASSERT_TRUE(limiter.take(row.piece, {}));
    const auto wanted =
        std::chrono::duration<double>(static_cast<double>(row.piece) * row.pieces / static_cast<double>(row.rate));
    EXPECT_NEAR(std::chrono::duration<double>(passed(clock, begun)).count(), wanted.count(), 0.01 * row.pieces)
        << row.rate;
    EXPECT_GE(passed(clock, begun) + milliseconds(200), wanted) << row.rate;
  }
}

TEST(RateLimiter, SavesUpNoMoreThanATenthOfASecond) {
  FakeClock clock;
  RateLimiter limiter(1'000, clock);
  clock.advance(std::chrono::hours(1));
  const auto begun = clock.now();
  ASSERT_TRUE(limiter.take(1'000, {}));
  EXPECT_EQ(passed(clock, begun), milliseconds(900));
}

TEST(RateLimiter, CountsWhatAllTakersTookTogether) {
  FakeClock clock;
  RateLimiter limiter(1'000, clock);
  const auto begun = clock.now();
  {
    std::vector<std::jthread> takers;
    for (int i = 0; i < 4; ++i) {
      takers.emplace_back([&] {
        for (int k = 0; k < 25; ++k) ASSERT_TRUE(limiter.take(100, {}));
      });
    }
  }
  EXPECT_GE(passed(clock, begun), milliseconds(9'900));
}

TEST(RateLimiter, EndsAWaitThatIsStopped) {
  FakeClock clock;
  RateLimiter limiter(1, clock);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(limiter.take(100, stop.get_token()));
  EXPECT_TRUE(clock.sleeps().empty());
}

TEST(RateLimiter, MovesPiecesOfATenthOfASecond) {
  FakeClock clock;
  EXPECT_EQ(RateLimiter(1'000, clock).piece(), 100U);
  EXPECT_EQ(RateLimiter(1, clock).piece(), 1U);
  EXPECT_EQ(RateLimiter(1ULL << 40U, clock).piece(), 256U * 1024);
}

}  // namespace
}  // namespace rate_limiter_test
}  // namespace dray::http
