#include <gtest/gtest.h>
#include <dray/http/limits.hpp>
#include <dray/http/retry.hpp>

namespace dray::http {
namespace retry_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double nearly_one = 0.999999;

Attempt status(int code) {
  Attempt attempt;
  attempt.status = code;
  return attempt;
}
Attempt error(ErrorCode code) {
  Attempt attempt;
  attempt.error = code;
  return attempt;
}
Attempt by(Method method) {
  auto attempt = status(503);
  attempt.method = method;
  return attempt;
}

TEST(RetryWait, RepeatsOnlyStatusesThatMayPass) {
  for (int code = 100; code < 600; ++code) {
    const bool may_pass = code == 408 || code == 429 || code == 499 || code == 500 || code == 502 || code == 503 ||
                          code == 504 || code == 522;
    EXPECT_EQ(retry_wait(status(code), 0.5).has_value(), may_pass) << code;
  }
}

TEST(RetryWait, RepeatsOnlyErrorsThatMayPass) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::protocol); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const bool may_pass = code == ErrorCode::unavailable || code == ErrorCode::timed_out;
    EXPECT_EQ(retry_wait(error(code), 0.5).has_value(), may_pass) << name(code);
  }
}

TEST(RetryWait, RepeatsOnlyWhatDoesNoHarmTwice) {
  for (const auto method : {Method::get, Method::head, Method::put, Method::del}) {
    EXPECT_TRUE(retry_wait(by(method), 0.5)) << name(method);
  }
  for (const auto method : {Method::post, Method::patch}) {
    auto attempt = by(method);
    EXPECT_FALSE(retry_wait(attempt, 0.5)) << name(method);
    attempt.may_repeat = true;
    EXPECT_TRUE(retry_wait(attempt, 0.5)) << name(method);
  }
}

TEST(RetryWait, NeedsABodyThatOpensAgain) {
  auto attempt = by(Method::put);
  attempt.body_can_repeat = false;
  EXPECT_FALSE(retry_wait(attempt, 0.5));
  attempt.may_repeat = true;
  EXPECT_FALSE(retry_wait(attempt, 0.5));
}

TEST(RetryWait, EndsAfterFiveTries) {
  auto attempt = status(503);
  for (attempt.number = 1; attempt.number < 5; ++attempt.number) EXPECT_TRUE(retry_wait(attempt, 0.5));
  EXPECT_FALSE(retry_wait(attempt, 0.5));
}

TEST(RetryWait, DoublesItsUpperEnd) {
  auto attempt = status(503);
  for (const auto upper_end : {250, 500, 1000, 2000}) {
    EXPECT_EQ(retry_wait(attempt, 0.0), milliseconds(0)) << attempt.number;
    EXPECT_EQ(retry_wait(attempt, 0.5), milliseconds(upper_end / 2)) << attempt.number;
    EXPECT_EQ(retry_wait(attempt, nearly_one), milliseconds(upper_end - 1)) << attempt.number;
    ++attempt.number;
  }
}

TEST(RetryWait, ObeysRetryAfterUpToItsLimit) {
  auto attempt = status(429);
  attempt.retry_after = seconds(7);
  EXPECT_EQ(retry_wait(attempt, 0.5), milliseconds(7000));
  attempt.retry_after = limits::max_retry_after;
  EXPECT_EQ(retry_wait(attempt, 0.5), milliseconds(120'000));
  attempt.retry_after = limits::max_retry_after + seconds(1);
  EXPECT_FALSE(retry_wait(attempt, 0.5));
}

TEST(RetryWait, KeepsItsOwnWaitWhereRetryAfterIsShorter) {
  auto attempt = status(429);
  attempt.number = 3;
  attempt.retry_after = seconds(0);
  EXPECT_EQ(retry_wait(attempt, 0.5), milliseconds(500));
}

}  // namespace
}  // namespace retry_test
}  // namespace dray::http
