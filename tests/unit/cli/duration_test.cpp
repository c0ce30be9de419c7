#include "duration.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace duration_test {
namespace {

TEST(ParseDuration, KnowsItsUnits) {
  using std::chrono::seconds;
  EXPECT_EQ(parse_duration("--x", "90").value(), seconds(90));
  EXPECT_EQ(parse_duration("--x", "90s").value(), seconds(90));
  EXPECT_EQ(parse_duration("--x", "5m").value(), seconds(300));
  EXPECT_EQ(parse_duration("--x", "12h").value(), seconds(43'200));
  EXPECT_EQ(parse_duration("--x", "7d").value(), seconds(604'800));
  EXPECT_EQ(parse_duration("--x", "0").value(), seconds(0));
}

TEST(ParseDuration, RefusesTheRestAndNamesTheOption) {
  for (const auto* const text :
       {"", "s", "-5", "5 m", "5y", "5mm", "1.5h", "99999999999999999999", "9999999999d", "+5"}) {
    const auto parsed = parse_duration("--grace", text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_input);
    EXPECT_NE(parsed.error().message().find("--grace"), std::string::npos);
  }
}

}  // namespace
}  // namespace duration_test
}  // namespace dray::cli
