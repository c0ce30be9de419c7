#include <gtest/gtest.h>
#include <dray/http/content_range.hpp>

namespace dray::http {
namespace content_range_test {
namespace {

struct Good {
  const char* name;
  const char* value;
  ByteRange range;
  std::optional<std::uint64_t> total;
};
class ParseContentRangeGood : public ::testing::TestWithParam<Good> {};

TEST_P(ParseContentRangeGood, Reads) {
  const auto parsed = parse_content_range(GetParam().value);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->range, GetParam().range);
  EXPECT_EQ(parsed->total, GetParam().total);
}

INSTANTIATE_TEST_SUITE_P(Table, ParseContentRangeGood,
                         ::testing::Values(Good{"Usual", "bytes 0-99/1000", {0, 100}, 1000},
                                           Good{"Whole", "bytes 0-999/1000", {0, 1000}, 1000},
                                           Good{"UnknownTotal", "bytes 5-9/*", {5, 10}, std::nullopt},
                                           Good{"OneByte", "bytes 7-7/8", {7, 8}, 8},
                                           Good{"UpperCase", "Bytes 0-0/1", {0, 1}, 1},
                                           Good{"Blanks", " bytes  0-0/1 ", {0, 1}, 1},
                                           Good{"Large",
                                                "bytes 0-18446744073709551613/18446744073709551614",
                                                {0, 18446744073709551614U},
                                                18446744073709551614U}),
                         [](const auto& row) { return row.param.name; });

struct Bad {
  const char* name;
  const char* value;
};
class ParseContentRangeBad : public ::testing::TestWithParam<Bad> {};

TEST_P(ParseContentRangeBad, Refuses) { EXPECT_FALSE(parse_content_range(GetParam().value)); }

INSTANTIATE_TEST_SUITE_P(Table, ParseContentRangeBad,
                         ::testing::Values(Bad{"Empty", ""}, Bad{"Unsatisfied", "bytes */1000"},
                                           Bad{"Backwards", "bytes 9-5/10"}, Bad{"BeyondTotal", "bytes 0-10/10"},
                                           Bad{"OtherUnit", "items 0-9/10"}, Bad{"NoUnit", "0-9/10"},
                                           Bad{"EqualsSign", "bytes=0-9/10"}, Bad{"NoTotal", "bytes 0-9"},
                                           Bad{"EmptyTotal", "bytes 0-9/"}, Bad{"Sign", "bytes +0-9/10"},
                                           Bad{"Negative", "bytes -1-9/10"}, Bad{"Hexadecimal", "bytes 0x0-9/10"},
                                           Bad{"InnerBlank", "bytes 0 - 9/10"}, Bad{"Rest", "bytes 0-9/10, 20-29/30"},
                                           Bad{"Overflow", "bytes 0-18446744073709551616/*"},
                                           Bad{"EndOverflow", "bytes 0-18446744073709551615/*"}),
                         [](const auto& row) { return row.param.name; });

TEST(RangeHeader, NamesTheLastByte) {
  EXPECT_EQ(range_header({0, 100}), "bytes=0-99");
  EXPECT_EQ(range_header({100, 101}), "bytes=100-100");
}

}  // namespace
}  // namespace content_range_test
}  // namespace dray::http
