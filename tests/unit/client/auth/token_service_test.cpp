#include "auth/token_service.hpp"

#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

namespace dray::client {
namespace token_service_test {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point now{seconds(1'600'000'000)};  // 2020-09-13T12:26:40Z

struct TokenCase {
  const char* name;
  const char* body;
  const char* value;  // empty: refused
  long seconds_left = 60;
};

const TokenCase token_cases[] = {
    {"Token", R"({"token":"t"})", "t"},
    {"AccessToken", R"({"access_token":"a"})", "a"},
    {"TokenBeforeAccessToken", R"({"access_token":"a","token":"t"})", "t"},
    {"ExpiresIn", R"({"token":"t","expires_in":300})", "t", 300},
    {"ShortIsSixty", R"({"token":"t","expires_in":10})", "t", 60},
    {"NegativeIsSixty", R"({"token":"t","expires_in":-1})", "t", 60},
    {"TextIsIgnored", R"({"token":"t","expires_in":"300"})", "t", 60},
    {"HugeIsAYear", R"({"token":"t","expires_in":9223372036854775807})", "t", 31'536'000},
    {"IssuedBefore", R"({"token":"t","expires_in":300,"issued_at":"2020-09-13T12:26:00Z"})", "t", 260},
    {"IssuedInTheFuture", R"({"token":"t","expires_in":300,"issued_at":"2020-09-13T13:00:00Z"})", "t", 300},
    {"IssuedTooLongAgo", R"({"token":"t","expires_in":300,"issued_at":"2020-09-13T10:00:00Z"})", "t", 300},
    {"IssuedAtNonsense", R"({"token":"t","issued_at":"yesterday"})", "t", 60},
    {"Empty", "", ""},
    {"NoObject", "[]", ""},
    {"NoToken", "{}", ""},
    {"EmptyToken", R"({"token":""})", ""},
    {"TokenOfAnotherKind", R"({"token":7})", ""},
    {"LineEndInToken", R"({"token":"a\r\nX-Evil: 1"})", ""},
    {"BlankInToken", R"({"token":"a b"})", ""},
    {"DuplicateKey", R"({"token":"a","token":"b"})", ""},
};

class ParseToken : public ::testing::TestWithParam<TokenCase> {};

TEST_P(ParseToken, Reads) {
  const auto& row = GetParam();
  const auto token = parse_token(row.body, now);
  if (*row.value == '\0') {
    ASSERT_FALSE(token.has_value());
    EXPECT_EQ(token.error().code(), ErrorCode::protocol);
    return;
  }
  ASSERT_TRUE(token.has_value()) << token.error().message();
  EXPECT_EQ(token->value, row.value);
  EXPECT_EQ(token->expires - now, seconds(row.seconds_left));
}

INSTANTIATE_TEST_SUITE_P(Table, ParseToken, ::testing::ValuesIn(token_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ParseToken, RefusesAHugeToken) {
  const std::string value(limits::max_bearer_token_bytes + 1, 'x');
  const auto token = parse_token(R"({"token":")" + value + "\"}", now);
  ASSERT_FALSE(token.has_value());
  EXPECT_EQ(token.error().code(), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace token_service_test
}  // namespace dray::client
