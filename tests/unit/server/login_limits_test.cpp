#include "access/login_limits.hpp"

#include <gtest/gtest.h>
#include <dray/server/limits.hpp>

#include "access/remembered_logins.hpp"
#include "support/fake_clock.hpp"

namespace dray::server {
namespace login_limits_test {
namespace {

int allowed(LoginLimits& logins, std::string_view address, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += logins.begin(address) ? 1 : 0;
  return count;
}

TEST(S7LoginLimits, LetsAnAddressFailSoOftenWithinTheWindow) {
  testing::FakeClock clock;
  LoginLimits logins(clock);
  EXPECT_FALSE(logins.refuses("192.0.2.1"));
  EXPECT_EQ(allowed(logins, "192.0.2.1", 50), static_cast<int>(limits::max_failed_logins));
  EXPECT_TRUE(logins.refuses("192.0.2.1"));
  EXPECT_FALSE(logins.refuses("192.0.2.2")) << "another address";
  clock.advance(limits::failed_login_window);
  EXPECT_FALSE(logins.refuses("192.0.2.1"));
}

TEST(S7LoginLimits, CountsOverAnyWindowNotOverOnesThatBeginAnew) {
  testing::FakeClock clock;
  LoginLimits logins(clock);
  EXPECT_EQ(allowed(logins, "a", 1), 1);
  clock.advance(limits::failed_login_window - std::chrono::seconds(1));
  EXPECT_EQ(allowed(logins, "a", 50), static_cast<int>(limits::max_failed_logins) - 1);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(allowed(logins, "a", 50), 1) << "only the first one has lapsed";
}

TEST(S7LoginLimits, CountsALoginWhileItIsCheckedAndNotWhenItWasRight) {
  testing::FakeClock clock;
  LoginLimits logins(clock);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(logins.begin("a"));
    logins.succeeded("a");
  }
  EXPECT_EQ(logins.remembered(), 0U);
  EXPECT_EQ(allowed(logins, "a", 50), static_cast<int>(limits::max_failed_logins));
  logins.succeeded("a");
  EXPECT_EQ(allowed(logins, "a", 50), 1) << "the others still count";
}

TEST(S7LoginLimits, RemembersSoManyAddressesAndForgetsTheOldest) {
  testing::FakeClock clock;
  LoginLimits logins(clock);
  EXPECT_EQ(allowed(logins, "first", 50), static_cast<int>(limits::max_failed_logins));
  for (std::size_t i = 1; i < limits::max_remembered_addresses; ++i) ASSERT_TRUE(logins.begin(std::to_string(i)));
  EXPECT_TRUE(logins.refuses("first"));
  EXPECT_EQ(logins.remembered(), limits::max_remembered_addresses);
  ASSERT_TRUE(logins.begin("one more"));
  EXPECT_EQ(logins.remembered(), limits::max_remembered_addresses);
  EXPECT_FALSE(logins.refuses("first"));
}

TEST(S7LoginLimits, TakesAnIpv6NetworkForOneAddress) {
  EXPECT_EQ(login_limit_key("2001:db8:1:2::1"), login_limit_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(login_limit_key("2001:db8:1:2::1"), login_limit_key("2001:db8:1:3::1"));
  EXPECT_EQ(login_limit_key("fe80::1%eth0"), login_limit_key("fe80::2"));
  EXPECT_EQ(login_limit_key("::ffff:192.0.2.1"), login_limit_key("192.0.2.1"));
  EXPECT_NE(login_limit_key("::ffff:192.0.2.1"), login_limit_key("192.0.2.2"));
}

TEST(RememberedLogins, KnowExactlyWhatWasRightUntilItLapses) {
  testing::FakeClock clock;
  RememberedLogins logins(clock);
  EXPECT_FALSE(logins.knows("ab", "c", "hash"));
  logins.remember("ab", "c", "hash");
  EXPECT_TRUE(logins.knows("ab", "c", "hash"));
  EXPECT_FALSE(logins.knows("a", "bc", "hash"));
  EXPECT_FALSE(logins.knows("ab", "", "chash"));
  EXPECT_FALSE(logins.knows("ab", "c", "other"));
  clock.advance(limits::remembered_login_lifetime);
  EXPECT_FALSE(logins.knows("ab", "c", "hash"));
  logins.remember("ab", "c", "hash");
  logins.forget_all();
  EXPECT_FALSE(logins.knows("ab", "c", "hash"));
}

TEST(RememberedLogins, AreSoManyAtMost) {
  testing::FakeClock clock;
  RememberedLogins logins(clock);
  std::size_t known = 0;
  const auto tries = limits::max_remembered_logins + 100;
  for (std::size_t i = 0; i < tries; ++i) logins.remember(std::to_string(i), "p", "h");
  for (std::size_t i = 0; i < tries; ++i) known += logins.knows(std::to_string(i), "p", "h") ? 1U : 0U;
  EXPECT_EQ(known, limits::max_remembered_logins);
}

}  // namespace
}  // namespace login_limits_test
}  // namespace dray::server
