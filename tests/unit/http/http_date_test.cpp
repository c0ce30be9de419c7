#include <gtest/gtest.h>
#include <dray/http/retry.hpp>

namespace dray::http {
namespace http_date_test {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

struct Good {
  const char* name;
  const char* value;
  std::int64_t seconds_since_1970;
};
class ParseHttpDateGood : public ::testing::TestWithParam<Good> {};

TEST_P(ParseHttpDateGood, Reads) {
  EXPECT_EQ(parse_http_date(GetParam().value), system_clock::time_point(seconds(GetParam().seconds_since_1970)));
}

INSTANTIATE_TEST_SUITE_P(Table, ParseHttpDateGood,
                         ::testing::Values(Good{"Fixed", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
                                           Good{"Rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
                                           Good{"Asctime", "Sun Nov  6 08:49:37 1994", 784111777},
                                           Good{"AsctimeTwoDigits", "Wed Nov 16 08:49:37 1994", 784975777},
                                           Good{"Blanks", "  Sun, 06 Nov 1994 08:49:37 GMT\t", 784111777},
                                           Good{"LeapDay", "Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
                                           Good{"LeapSecond", "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799},
                                           Good{"TwoDigitsOfThisCentury", "Saturday, 21-Nov-26 00:00:00 GMT",
                                                1795219200},
                                           Good{"FarAhead", "Fri, 31 Dec 9999 23:59:59 GMT", 7289654399},
                                           Good{"FarBack", "Sun Nov  6 08:49:37 0995", 26729377}),
                         [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  const char* value;
};
class ParseHttpDateBad : public ::testing::TestWithParam<Bad> {};

TEST_P(ParseHttpDateBad, Refuses) { EXPECT_FALSE(parse_http_date(GetParam().value)); }

INSTANTIATE_TEST_SUITE_P(
    Table, ParseHttpDateBad,
    ::testing::Values(Bad{"Empty", ""}, Bad{"Number", "120"}, Bad{"NoZone", "Sun, 06 Nov 1994 08:49:37"},
                      Bad{"OtherZone", "Sun, 06 Nov 1994 08:49:37 PST"}, Bad{"NoDayName", "06 Nov 1994 08:49:37 GMT"},
                      Bad{"UnknownDay", "Abc, 06 Nov 1994 08:49:37 GMT"},
                      Bad{"UnknownMonth", "Sun, 06 Abc 1994 08:49:37 GMT"},
                      Bad{"LowerCase", "sun, 06 nov 1994 08:49:37 GMT"},
                      Bad{"NoSuchDay", "Sun, 30 Feb 1994 08:49:37 GMT"}, Bad{"Hour", "Sun, 06 Nov 1994 24:49:37 GMT"},
                      Bad{"Minute", "Sun, 06 Nov 1994 08:60:37 GMT"}, Bad{"Second", "Sun, 06 Nov 1994 08:49:61 GMT"},
                      Bad{"OneDigit", "Sun, 6 Nov 1994 08:49:37 GMT"}, Bad{"Rest", "Sun, 06 Nov 1994 08:49:37 GMTx"},
                      Bad{"Iso", "1994-11-06T08:49:37Z"}, Bad{"AsctimeRest", "Sun Nov  6 08:49:37 1994 GMT"},
                      Bad{"Mixed", "Sunday, 06 Nov 1994 08:49:37 GMT"}, Bad{"Cut", "Sun, 06 Nov"}),
    [](const auto& row) { return row.param.name; });

TEST(ParseRetryAfter, ReadsSecondsAndDates) {
  const auto now = system_clock::time_point(seconds(784111777));
  EXPECT_EQ(parse_retry_after("120", now), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", now), seconds(0));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), seconds(60));
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), seconds(60));
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), seconds(60));
}

TEST(ParseRetryAfter, TakesAPassedDateForNow) {
  const auto now = system_clock::time_point(seconds(784111777));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), seconds(0));
}

TEST(ParseRetryAfter, IsNotUpsetByAncientDates) {
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:49:37 0995", system_clock::now()), seconds(0));
}

TEST(ParseRetryAfter, RoundsADateUp) {
  const auto now = system_clock::time_point(seconds(784111777)) - std::chrono::milliseconds(500);
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), seconds(1));
}

TEST(ParseRetryAfter, TakesHugeNumbersForLate) {
  EXPECT_GT(parse_retry_after("99999999999999999999999", {}), std::chrono::hours(24 * 365));
}

TEST(ParseRetryAfter, RefusesWhatIsNeither) {
  for (const auto* const value : {"", "-1", "+5", "1.5", "soon", "5s"}) {
    EXPECT_FALSE(parse_retry_after(value, {})) << value;
  }
}

}  // namespace
}  // namespace http_date_test
}  // namespace dray::http
