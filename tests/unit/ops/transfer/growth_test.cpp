#include "transfer/growth.hpp"

#include <gtest/gtest.h>

namespace dray::ops {
namespace growth_test {
namespace {

using std::chrono::milliseconds;
using What = ConnectionDecision::What;

/// A blob of 1 GB whose bytes come at a set rate.
class GrowthTest : public ::testing::Test {
 protected:
  Growth::Verdict pass(milliseconds time, double bytes_per_second) {
    now_ += time;
    received_ += static_cast<std::uint64_t>(bytes_per_second * std::chrono::duration<double>(time).count());
    return growth_.look(now_, {.received = received_,
                               .bytes_left = 1'000'000'000 - received_,
                               .all_bytes_left = 1'000'000'000 - received_,
                               .connections = connections_,
                               .free_connections = 16 - connections_,
                               .max_connections = 16});
  }
  void grow(std::size_t added) {
    growth_.grown(now_, connections_, added);
    connections_ += added;
  }

  Growth growth_;
  Growth::TimePoint now_{std::chrono::hours(1)};
  std::uint64_t received_ = 0;
  std::size_t connections_ = 1;
};

TEST_F(GrowthTest, AddsAfterTheProbe) {
  EXPECT_EQ(pass(milliseconds(0), 20e6).decision.what, What::as_is);
  EXPECT_EQ(pass(milliseconds(60), 20e6).decision.what, What::as_is);
  const auto verdict = pass(milliseconds(60), 20e6);
  EXPECT_EQ(verdict.decision.what, What::add);
  EXPECT_EQ(verdict.decision.connections, 15U);
  EXPECT_NEAR(verdict.rate, 20e6, 1e5);
}

TEST_F(GrowthTest, TakesNoInterruptionForSlowness) {
  (void)pass(milliseconds(0), 1e9);
  (void)pass(milliseconds(40), 1e9);
  now_ += milliseconds(240);  // cut, and opened again
  growth_.interrupted(now_, received_);
  EXPECT_EQ(pass(milliseconds(40), 1e9).decision.what, What::as_is);
  const auto verdict = pass(milliseconds(80), 1e9);
  EXPECT_EQ(verdict.decision.what, What::as_is);
  EXPECT_NEAR(verdict.rate, 1e9, 1e7);
}

TEST_F(GrowthTest, AsksOneThreadAtATime) {
  (void)pass(milliseconds(0), 20e6);
  EXPECT_EQ(pass(milliseconds(150), 20e6).decision.what, What::add);
  EXPECT_EQ(pass(milliseconds(150), 20e6).decision.what, What::as_is);
  grow(0);
  EXPECT_EQ(pass(milliseconds(150), 20e6).decision.what, What::add);
}

TEST_F(GrowthTest, SettlesWhereTheSumStaysAndStaysSettled) {
  (void)pass(milliseconds(0), 20e6);
  ASSERT_EQ(pass(milliseconds(150), 20e6).decision.what, What::add);
  grow(7);
  EXPECT_EQ(pass(milliseconds(150), 20e6).decision.what, What::as_is);
  EXPECT_FALSE(growth_.settled());
  EXPECT_EQ(pass(milliseconds(200), 20e6).decision.what, What::settle);
  EXPECT_TRUE(growth_.settled());
  EXPECT_EQ(pass(milliseconds(500), 20e6).decision.what, What::as_is);
}

TEST_F(GrowthTest, GoesOnWhereTheSumRose) {
  (void)pass(milliseconds(0), 10e6);
  ASSERT_EQ(pass(milliseconds(150), 10e6).decision.what, What::add);
  grow(7);
  EXPECT_EQ(pass(milliseconds(150), 80e6).decision.what, What::as_is);
  const auto verdict = pass(milliseconds(200), 80e6);
  EXPECT_EQ(verdict.decision.what, What::add);
  EXPECT_EQ(verdict.decision.connections, 8U);
  EXPECT_FALSE(growth_.settled());
}

TEST_F(GrowthTest, ARateThatFallsLaterIsNotHeldAgainstTheLastGrowth) {
  (void)pass(milliseconds(0), 20e6);
  ASSERT_EQ(pass(milliseconds(150), 20e6).decision.what, What::add);
  grow(15);
  EXPECT_EQ(pass(milliseconds(400), 300e6).decision.what, What::as_is);
  EXPECT_EQ(pass(milliseconds(400), 10e6).decision.what, What::as_is);
  EXPECT_FALSE(growth_.settled());
}

}  // namespace
}  // namespace growth_test
}  // namespace dray::ops
