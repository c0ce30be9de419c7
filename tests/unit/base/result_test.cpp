#include <dray/base/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace dray {
namespace result_test {
namespace {

Error refused() { return {ErrorCode::denied, "refused"}; }

TEST(Result, HoldsAValue) {
  Result<int> result = 7;
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(result.value_or(1), 7);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = refused();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::denied);
  EXPECT_EQ(result.value_or(1), 1);
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const auto taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(Result, AndThenRunsOnlyOnAValue) {
  const auto half = [](int number) -> Result<int> {
    if (number % 2 != 0) return refused();
    return number / 2;
  };
  EXPECT_EQ(Result<int>(8).and_then(half).and_then(half).value(), 2);
  EXPECT_FALSE(Result<int>(6).and_then(half).and_then(half));
  EXPECT_FALSE(Result<int>(refused()).and_then(half));
}

TEST(Result, TransformTakesPlainValuesAndNothing) {
  EXPECT_EQ(Result<int>(8).transform([](int number) { return std::to_string(number); }).value(), "8");
  int seen = 0;
  EXPECT_TRUE(Result<int>(8).transform([&](int number) { seen = number; }));
  EXPECT_EQ(seen, 8);
}

TEST(Result, TransformErrorLeavesAValueAlone) {
  const auto with_context = [](Error error) { return std::move(error).context("here"); };
  EXPECT_EQ(Result<int>(8).transform_error(with_context).value(), 8);
  EXPECT_EQ(Result<int>(refused()).transform_error(with_context).error().message(), "here: refused");
  EXPECT_EQ(Result<void>(refused()).transform_error(with_context).error().message(), "here: refused");
}

TEST(Result, OrElseReplacesAnError) {
  EXPECT_EQ(Result<int>(refused()).or_else([](const Error&) { return Result<int>(1); }).value(), 1);
  EXPECT_EQ(Result<int>(8).or_else([](const Error&) { return Result<int>(1); }).value(), 8);
}

Result<std::string> both(Result<int> first, Result<void> second) {
  DRAY_TRY_ASSIGN(const auto number, first);
  DRAY_TRY(second);
  return std::to_string(number);
}

TEST(Result, TryReturnsTheFirstError) {
  EXPECT_EQ(both(4, {}).value(), "4");
  EXPECT_EQ(both(refused(), Error(ErrorCode::io, "disk")).error().code(), ErrorCode::denied);
  EXPECT_EQ(both(4, Error(ErrorCode::io, "disk")).error().code(), ErrorCode::io);
}

}  // namespace
}  // namespace result_test
}  // namespace dray
