#include "text.hpp"

#include <gtest/gtest.h>

namespace dray::cli {
namespace text_test {
namespace {

TEST(Grouped, PutsACommaBeforeEachThreeDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(73'584'118), "73,584,118");
  EXPECT_EQ(grouped(18'446'744'073'709'551'615U), "18,446,744,073,709,551,615");
}

TEST(HumanSize, UsesDecimalUnitsAndNeverShowsAThousand) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 kB");
  EXPECT_EQ(human_size(999'949), "999.9 kB");
  EXPECT_EQ(human_size(999'950), "1.0 MB");
  EXPECT_EQ(human_size(73'584'118), "73.6 MB");
  EXPECT_EQ(human_size(1'534'685'324), "1.5 GB");
}

TEST(HumanDuration, GrowsFromSecondsToHours) {
  EXPECT_EQ(human_duration(std::chrono::seconds(3)), "3 s");
  EXPECT_EQ(human_duration(std::chrono::seconds(245)), "4:05");
  EXPECT_EQ(human_duration(std::chrono::seconds(3723)), "1:02:03");
}

TEST(Rfc3339, WritesTheSeedsExpiryTime) {
  EXPECT_EQ(rfc3339(std::chrono::system_clock::time_point(std::chrono::seconds(1552609781))), "2019-03-15T00:29:41Z");
}

struct PrintableCase {
  const char* name;
  std::string text;
  std::string shown;
};

class Printable : public testing::TestWithParam<PrintableCase> {};

TEST_P(Printable, WritesOutWhatATerminalWouldObey) { EXPECT_EQ(printable(GetParam().text), GetParam().shown); }

INSTANTIATE_TEST_SUITE_P(Rows, Printable,
                         testing::Values(PrintableCase{"Plain", "alpine:3.13", "alpine:3.13"},
                                         PrintableCase{"Utf8", "Größe …", "Größe …"},
                                         PrintableCase{"Escape", "a\x1b[2Jb", "a\\x1b[2Jb"},
                                         PrintableCase{"LineEnd", "a\nb", "a\\x0ab"},
                                         PrintableCase{"Delete", "a\x7f", "a\\x7f"},
                                         PrintableCase{"C1Control",
                                                       "a\xc2\x9b"
                                                       "31m",
                                                       "a\\xc2\\x9b31m"},
                                         PrintableCase{"CutSequence", "a\xe2\x80", "a\\xe2\\x80"},
                                         PrintableCase{"OverlongSequence", "\xc0\xaf", "\\xc0\\xaf"},
                                         PrintableCase{"Surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80"}),
                         [](const auto& row) { return row.param.name; });

TEST(Shortened, CutsByColumnsAndSaysSo) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abcde…");
  EXPECT_EQ(shortened("äöüäöüä", 6), "äöüäö…");
}

}  // namespace
}  // namespace text_test
}  // namespace dray::cli
