#include "time_text.hpp"

#include <gtest/gtest.h>

namespace dray::client {
namespace time_text_test {
namespace {

long unix_of(const std::optional<WallTime>& time) {
  return time ? std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count() : -1;
}

struct TimeCase {
  const char* name;
  const char* text;
  long seconds;  // -1: refused
};

class ParseRfc3339 : public ::testing::TestWithParam<TimeCase> {};
TEST_P(ParseRfc3339, Reads) { EXPECT_EQ(unix_of(parse_rfc3339(GetParam().text)), GetParam().seconds); }

const TimeCase rfc3339_cases[] = {
    {"Utc", "2020-09-13T12:26:40Z", 1'600'000'000},
    {"Fraction", "2020-09-13T12:26:40.123456789Z", 1'600'000'000},
    {"East", "2020-09-13T14:26:40+02:00", 1'600'000'000},
    {"West", "2020-09-13T07:56:40-04:30", 1'600'000'000},
    {"NoSeconds", "2020-09-13T12:26Z", 1'599'999'960},
    {"DateAlone", "2020-09-13", 1'599'955'200},
    {"NoZone", "2020-09-13T12:26:40", 1'600'000'000},
    {"Empty", "", -1},
    {"BadMonth", "2020-13-13T12:26:40Z", -1},
    {"BadDay", "2021-02-29T12:26:40Z", -1},
    {"BadHour", "2020-09-13T24:26:40Z", -1},
    {"BadMinute", "2020-09-13T12:60:40Z", -1},
    {"TrailingText", "2020-09-13T12:26:40Zx", -1},
    {"EmptyFraction", "2020-09-13T12:26:40.Z", -1},
    {"Words", "yesterday", -1},
};
INSTANTIATE_TEST_SUITE_P(Table, ParseRfc3339, ::testing::ValuesIn(rfc3339_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ParseCompactTime, ReadsTheFormOfSignedLinks) {
  EXPECT_EQ(unix_of(parse_compact_time("20200913T122640Z")), 1'600'000'000);
  EXPECT_EQ(unix_of(parse_compact_time("20200913T122640")), -1);
  EXPECT_EQ(unix_of(parse_compact_time("20200913")), -1);
  EXPECT_EQ(unix_of(parse_compact_time("20201313T122640Z")), -1);
}

TEST(ParseUnixTime, ReadsDigitsInRange) {
  EXPECT_EQ(unix_of(parse_unix_time("1600000000")), 1'600'000'000);
  EXPECT_EQ(unix_of(parse_unix_time("")), -1);
  EXPECT_EQ(unix_of(parse_unix_time("-1")), -1);
  EXPECT_EQ(unix_of(parse_unix_time("16x")), -1);
  EXPECT_EQ(unix_of(parse_unix_time("9223372036854775807")), -1);
}

}  // namespace
}  // namespace time_text_test
}  // namespace dray::client
