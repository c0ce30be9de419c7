#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/http/response.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace rate_limit_test {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using std::chrono::system_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const system_clock::time_point now{seconds(1'600'000'000)};

struct LimitCase {
  const char* name;
  std::vector<std::pair<std::string, std::string>> headers;
  const char* text;  // empty: none is read
};

const LimitCase limit_cases[] = {
    {"DockerHub",
     {{"ratelimit-limit", "100;w=21600"},
      {"ratelimit-remaining", "76;w=21600"},
      {"docker-ratelimit-source", "192.0.2.1"}},
     "76 of 100 requests in 6 h, counted for 192.0.2.1"},
    {"Bare", {{"RateLimit-Limit", "10"}, {"RateLimit-Remaining", "3"}}, "3 of 10 requests"},
    {"List",
     {{"RateLimit-Limit", "100, 100;w=60, 1000;w=3600"}, {"RateLimit-Remaining", "9"}},
     "9 of 100 requests in 1 min"},
    {"ListInTwoLines", {{"RateLimit-Limit", "5;w=90"}, {"RateLimit-Limit", "9;w=60"}}, "5 requests in 90 s"},
    {"Blanks", {{"RateLimit-Limit", " 100 ; w=21600 ; comment=x "}}, "100 requests in 6 h"},
    {"RemainderAlone", {{"RateLimit-Remaining", "7;w=60"}}, "7 more requests in 1 min"},
    {"ResetInSeconds", {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "120"}}, "0 more requests, anew in 2 min"},
    {"ResetAsMoment",
     {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1600000030"}},
     "0 more requests, anew in 30 s"},
    {"ResetInThePast",
     {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1500000000"}},
     "0 more requests, anew in 0 s"},
    {"HugeReset",
     {{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "18446744073709551615"}},
     "0 more requests, anew in 8784 h"},
    {"HugeWindowIsIgnored", {{"RateLimit-Limit", "5;w=99999999999"}}, "5 requests"},
    {"NegativeIsNone", {{"RateLimit-Limit", "-1;w=60"}}, ""},
    {"TooLargeIsNone", {{"RateLimit-Limit", "99999999999999999999"}}, ""},
    {"WordsAreNone", {{"RateLimit-Limit", "many"}, {"RateLimit-Remaining", ""}}, ""},
    {"ResetAloneIsNone", {{"RateLimit-Reset", "60"}}, ""},
    {"SourceIsCleaned",
     {{"RateLimit-Limit", "1"}, {"docker-ratelimit-source", "a\x1b[31mb"}},
     "1 requests, counted for a [31mb"},
    {"Absent", {}, ""},
};

class RateLimitIsRead : public ::testing::TestWithParam<LimitCase> {};

TEST_P(RateLimitIsRead, AsListed) {
  http::Headers headers;
  for (const auto& [name, value] : GetParam().headers) headers.add(name, value);
  const auto limit = parse_rate_limit(headers, now);
  EXPECT_EQ(limit ? limit->text() : "", GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(Table, RateLimitIsRead, ::testing::ValuesIn(limit_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RateLimit, ListIsBounded) {
  std::string list = "1";
  for (int i = 0; i < 10'000; ++i) list += ", 1";
  http::Headers headers;
  headers.add("RateLimit-Limit", list + ", 1;w=60");
  EXPECT_EQ(parse_rate_limit(headers, now)->window, std::nullopt);
}

TEST(RateLimit, IsRememberedForEachRegistryAndToldWhenItChanges) {
  ClientUnderTest t;
  const std::string line = "GET https://r.example/v2/app/tags/list";
  const auto with = [](const char* remaining) {
    return Reply{200, {{"RateLimit-Limit", "100;w=21600"}, {"RateLimit-Remaining", remaining}}};
  };
  t.wire->on(line, {200}).on(line, with("9")).on(line, with("9")).on(line, with("8")).on(line, {200});
  EXPECT_EQ(t.client->rate_limit(t.registry), std::nullopt);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(t.get("/v2/app/tags/list").has_value());
  EXPECT_EQ(t.client->rate_limit(t.registry)->remaining, 8U);
  EXPECT_EQ(t.client->rate_limit(Registry::parse("other.example").value()), std::nullopt);
  EXPECT_THAT(t.observer->notes(),
              ElementsAre("r.example allows 9 of 100 requests in 6 h", "r.example allows 8 of 100 requests in 6 h"));
}

TEST(RateLimit, IsTakenFromTheRegistryAlone) {
  ClientUnderTest t;
  t.wire->on("GET https://r.example/v2/app/tags/list", {307, {{"Location", "https://cdn.example/x"}}});
  t.wire->on("GET https://cdn.example/x", {200, {{"RateLimit-Limit", "1"}}});
  ASSERT_TRUE(t.get("/v2/app/tags/list").has_value());
  EXPECT_EQ(t.client->rate_limit(t.registry), std::nullopt);
}

TEST(RateLimit, IsToldWithARefusal) {
  ClientUnderTest t;
  t.wire->on("GET https://r.example/v2/app/tags/list",
             {429,
              {{"RateLimit-Limit", "100;w=21600"}, {"RateLimit-Remaining", "0;w=21600"}, {"Retry-After", "4000"}},
              R"({"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate limit"}]})"});
  const auto tags = t.repository()->list_tags({});
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::rate_limited);
  EXPECT_THAT(tags.error().message(), HasSubstr("0 of 100 requests in 6 h"));
  EXPECT_THAT(tags.error().message(), HasSubstr("come back after: 4000"));
}

}  // namespace
}  // namespace rate_limit_test
}  // namespace dray::client
