#include "head_reader.hpp"

#include <gtest/gtest.h>
#include <dray/http/limits.hpp>

#include <string>
#include <vector>

namespace dray::http {
namespace head_reader_test {
namespace {

Result<void> take_all(HeadReader& reader, const std::vector<std::string>& lines) {
  for (const auto& line : lines) DRAY_TRY(reader.take(line + "\r\n"));
  return {};
}

TEST(HeadReader, ReadsStatusAndFields) {
  HeadReader reader;
  ASSERT_TRUE(take_all(reader, {"HTTP/1.1 307 Temporary Redirect", "Location: /x", "EMPTY:", "Odd:\t a b \t"}));
  EXPECT_TRUE(reader.has_status());
  EXPECT_FALSE(reader.complete());
  ASSERT_TRUE(take_all(reader, {""}));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.status(), 307);
  EXPECT_EQ(reader.headers().lines(),
            (std::vector<std::pair<std::string, std::string>>{{"Location", "/x"}, {"EMPTY", ""}, {"Odd", "a b"}}));
}

TEST(HeadReader, TakesBareLineFeedsAndNoReason) {
  HeadReader reader;
  for (const auto* const line : {"HTTP/1.0 200\n", "A: b\n", "\n"}) ASSERT_TRUE(reader.take(line));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.status(), 200);
}

TEST(HeadReader, PassesInformationalHeadsOver) {
  HeadReader reader;
  ASSERT_TRUE(take_all(reader, {"HTTP/1.1 100 Continue", "A: b", "", "HTTP/1.1 103 Early Hints", "C: d", ""}));
  EXPECT_FALSE(reader.has_status());
  EXPECT_FALSE(reader.complete());
  ASSERT_TRUE(take_all(reader, {"HTTP/1.1 200 OK", "E: f", ""}));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(reader.headers().lines().size(), 1U);
}

TEST(HeadReader, PassesAFailedExpectationOverOnlyWhereOneWasSent) {
  HeadReader asked(true);
  ASSERT_TRUE(take_all(asked, {"HTTP/1.1 417 Expectation Failed", ""}));
  EXPECT_FALSE(asked.complete());
  HeadReader silent;
  ASSERT_TRUE(take_all(silent, {"HTTP/1.1 417 Expectation Failed", ""}));
  EXPECT_TRUE(silent.complete());
}

TEST(HeadReader, DropsTrailers) {
  HeadReader reader;
  ASSERT_TRUE(take_all(reader, {"HTTP/1.1 200 OK", "", "X-Trailer: y", ""}));
  EXPECT_EQ(reader.headers().find("X-Trailer"), nullptr);
}

TEST(HeadReader, MergesEqualLengthsAndDropsOneBesideChunks) {
  HeadReader equal;
  ASSERT_TRUE(take_all(equal, {"HTTP/1.1 200 OK", "Content-Length: 5", "content-length: 5", ""}));
  EXPECT_EQ(equal.headers().all("Content-Length").size(), 1U);
  HeadReader chunked;
  ASSERT_TRUE(take_all(chunked, {"HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked", ""}));
  EXPECT_EQ(chunked.headers().find("Content-Length"), nullptr);
}

std::vector<std::string> many_lines() {
  std::vector<std::string> lines(limits::max_header_lines, "A: b");
  lines.insert(lines.begin(), "HTTP/1.1 200 OK");
  return lines;
}

struct Bad {
  const char* name;
  std::vector<std::string> lines;
};
class BadHead : public ::testing::TestWithParam<Bad> {};

TEST_P(BadHead, IsAProtocolError) {
  HeadReader reader;
  const auto taken = take_all(reader, GetParam().lines);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), ErrorCode::protocol);
  EXPECT_FALSE(reader.complete());
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadHead,
    ::testing::Values(
        Bad{"NoVersion", {"ICY 200 OK"}}, Bad{"OtherVersion", {"HTTP/2 200"}}, Bad{"NoStatus", {"HTTP/1.1"}},
        Bad{"StatusNoNumber", {"HTTP/1.1 abc"}}, Bad{"StatusTooShort", {"HTTP/1.1 20 OK"}},
        Bad{"StatusTooLong", {"HTTP/1.1 2000 OK"}}, Bad{"StatusTooLow", {"HTTP/1.1 099 x"}},
        Bad{"StatusTooHigh", {"HTTP/1.1 600 x"}}, Bad{"Empty", {""}}, Bad{"Folded", {"HTTP/1.1 200 OK", "A: b", " c"}},
        Bad{"NoColon", {"HTTP/1.1 200 OK", "A"}}, Bad{"NoName", {"HTTP/1.1 200 OK", ": a"}},
        Bad{"BlankBeforeColon", {"HTTP/1.1 200 OK", "A : b"}}, Bad{"BlankInName", {"HTTP/1.1 200 OK", "A b: c"}},
        Bad{"Nul", {"HTTP/1.1 200 OK", std::string("A: b\0c", 6)}},
        Bad{"ReturnInside", {"HTTP/1.1 200 OK", "A: b\rC: d"}}, Bad{"Escape", {"HTTP/1.1 200 OK", "A: \x1b[2J"}},
        Bad{"TwoLengths", {"HTTP/1.1 200 OK", "Content-Length: 5", "Content-Length: 6", ""}},
        Bad{"ListOfLengths", {"HTTP/1.1 200 OK", "Content-Length: 5, 5", ""}},
        Bad{"NegativeLength", {"HTTP/1.1 200 OK", "Content-Length: -5", ""}},
        Bad{"SignedLength", {"HTTP/1.1 200 OK", "Content-Length: +5", ""}},
        Bad{"HugeLength", {"HTTP/1.1 200 OK", "Content-Length: 18446744073709551616", ""}},
        Bad{"TooManyLines", many_lines()},
        Bad{"TooManyBytes", {"HTTP/1.1 200 OK", "A: " + std::string(limits::max_header_bytes, 'x')}}),
    [](const auto& row) { return row.param.name; });

TEST(HeadReaderLimits, CountEveryHeadTogether) {
  HeadReader reader;
  std::size_t lines = 0;
  while (take_all(reader, {"HTTP/1.1 103 Early Hints", "A: b", ""})) lines += 3;
  EXPECT_LE(lines, limits::max_header_lines);
  EXPECT_GT(lines, limits::max_header_lines - 3);
}

}  // namespace
}  // namespace head_reader_test
}  // namespace dray::http
