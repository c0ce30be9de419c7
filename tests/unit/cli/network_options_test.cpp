#include "network_options.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace network_options_test {
namespace {

TEST(ParseRate, ReadsUnitsOf1024) {
  struct Row {
    const char* text;
    std::uint64_t bytes;
  };
  for (const auto& row :
       {Row{"1", 1}, Row{"500", 500}, Row{"500k", 512'000}, Row{"500K", 512'000}, Row{"10M", 10'485'760},
        Row{"2g", 2'147'483'648}, Row{"17179869183G", 18446744072635809792U}}) {
    EXPECT_EQ(parse_rate(row.text).value_or(0U), row.bytes) << row.text;
  }
}

TEST(ParseRate, RefusesWhatIsNoRate) {
  for (const auto* const text : {"", "0", "0k", "k", "-1", "+1", "1.5M", "1 M", " 1", "1kb", "0x10", "1e6",
                                 "17179869184G", "99999999999999999999"}) {
    const auto rate = parse_rate(text);
    ASSERT_FALSE(rate) << text;
    EXPECT_EQ(rate.error().code(), ErrorCode::invalid_input);
  }
}

}  // namespace
}  // namespace network_options_test
}  // namespace dray::cli
