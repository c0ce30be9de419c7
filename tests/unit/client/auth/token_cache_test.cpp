#include "auth/token_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "support/fake_clock.hpp"

namespace dray::client {
namespace token_cache_test {
namespace {

using std::chrono::seconds;

class TokenCacheTest : public ::testing::Test {
 protected:
  Result<std::string> get(const TokenKey& wanted, seconds life = seconds(0)) {
    return cache.get(wanted, life, [this] { return fetch(); }, {});
  }
  Result<Token> fetch() {
    const int number = ++fetches;
    if (failure) return *failure;
    return Token{"t" + std::to_string(number), clock.wall_now() + seconds(60), seconds(60)};
  }

  testing::FakeClock clock;
  TokenCache cache{clock};
  TokenKey key{"https://r.example", "https://auth.example/token", "s", "repository:a:pull", ""};
  std::atomic<int> fetches = 0;
  std::optional<Error> failure;
};

TEST_F(TokenCacheTest, FetchesOnce) {
  EXPECT_EQ(get(key).value(), "t1");
  EXPECT_EQ(get(key).value(), "t1");
}

TEST_F(TokenCacheTest, RenewsFiveSecondsEarly) {
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(54));
  EXPECT_EQ(get(key).value(), "t1");
  clock.advance(seconds(1));
  EXPECT_EQ(get(key).value(), "t2");
}

TEST_F(TokenCacheTest, RenewsWhatWouldNotLastLongEnough) {
  ASSERT_TRUE(get(key).has_value());
  clock.advance(seconds(10));
  EXPECT_EQ(get(key, seconds(55)).value(), "t2");
}

TEST_F(TokenCacheTest, TellsAccountsAndScopesApart) {
  EXPECT_EQ(get(key).value(), "t1");
  auto bobs = key;
  bobs.account = "bob";
  EXPECT_EQ(get(bobs).value(), "t2");
  auto push = key;
  push.scopes = "repository:a:pull,push";
  EXPECT_EQ(get(push).value(), "t3");
}

TEST_F(TokenCacheTest, ForgetsOnlyTheTokenThatWasRefused) {
  ASSERT_TRUE(get(key).has_value());
  cache.forget(key, "another");
  EXPECT_EQ(get(key).value(), "t1");
  cache.forget(key, "t1");
  EXPECT_EQ(get(key).value(), "t2");
}

TEST_F(TokenCacheTest, DoesNotKeepFailures) {
  failure = Error(ErrorCode::unavailable, "down");
  EXPECT_FALSE(get(key).has_value());
  EXPECT_FALSE(cache.knows(key));
  failure.reset();
  EXPECT_EQ(get(key).value(), "t2");
  EXPECT_TRUE(cache.knows(key));
}

TEST_F(TokenCacheTest, OneFetchServesAllWhoWait) {
  std::latch begun(1);
  std::latch go_on(1);
  const auto slow = [&]() -> Result<Token> {
    begun.count_down();
    go_on.wait();
    return fetch();
  };
  std::thread leader([&] { EXPECT_EQ(cache.get(key, seconds(0), slow, {}).value(), "t1"); });
  begun.wait();
  std::vector<std::thread> others;
  for (int i = 0; i < 4; ++i) others.emplace_back([&] { EXPECT_EQ(get(key).value(), "t1"); });
  go_on.count_down();
  leader.join();
  for (auto& other : others) other.join();
  EXPECT_EQ(fetches, 1);
}

TEST_F(TokenCacheTest, WhoWaitsForACancelledFetchFetchesItself) {
  std::latch begun(1);
  std::latch go_on(1);
  const auto cancelled = [&]() -> Result<Token> {
    begun.count_down();
    go_on.wait();
    return Error(ErrorCode::cancelled, "stopped");
  };
  std::thread leader([&] { EXPECT_FALSE(cache.get(key, seconds(0), cancelled, {}).has_value()); });
  begun.wait();
  std::thread other([&] { EXPECT_EQ(get(key).value(), "t1"); });
  go_on.count_down();
  leader.join();
  other.join();
}

TEST_F(TokenCacheTest, WaitingEndsWithStop) {
  std::latch begun(1);
  std::latch go_on(1);
  const auto slow = [&]() -> Result<Token> {
    begun.count_down();
    go_on.wait();
    return fetch();
  };
  std::thread leader([&] { EXPECT_TRUE(cache.get(key, seconds(0), slow, {}).has_value()); });
  begun.wait();
  std::stop_source stop;
  stop.request_stop();
  const auto got = cache.get(key, seconds(0), [this] { return fetch(); }, stop.get_token());
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::cancelled);
  go_on.count_down();
  leader.join();
}

}  // namespace
}  // namespace token_cache_test
}  // namespace dray::client
