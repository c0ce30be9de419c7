#include "conditional.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dray::server {
namespace conditional_test {
namespace {

const Digest digest = Digest::of(as_bytes("bytes"));

Request with(const char* header, const std::string& value) {
  Request request;
  request.headers.add(header, value);
  return request;
}

TEST(IfNoneMatch, KnowsTheDigestInEveryForm) {
  for (const auto& value : {entity_tag(digest), digest.text(), "W/" + entity_tag(digest), std::string("*"),
                            "\"other\", " + entity_tag(digest)}) {
    EXPECT_TRUE(has_already(with("If-None-Match", value), digest)) << value;
  }
  for (const auto& value : {std::string("\"other\""), std::string(), std::string(",,"), digest.text().substr(1)}) {
    EXPECT_FALSE(has_already(with("If-None-Match", value), digest)) << value;
  }
}

struct RangeRow {
  const char* name;
  const char* range;
  std::uint64_t begin;
  std::uint64_t end;  ///< begin == end: the whole; begin > end: unsatisfiable
};

class RangeOfHundred : public ::testing::TestWithParam<RangeRow> {};

TEST_P(RangeOfHundred, IsReadAsListed) {
  const auto& row = GetParam();
  const auto wanted = wanted_bytes(with("Range", row.range), 100, digest);
  if (row.begin > row.end) {
    EXPECT_TRUE(std::holds_alternative<Unsatisfiable>(wanted));
  } else if (row.begin == row.end) {
    EXPECT_TRUE(std::holds_alternative<Whole>(wanted));
  } else {
    ASSERT_TRUE(std::holds_alternative<ByteRange>(wanted));
    EXPECT_EQ(std::get<ByteRange>(wanted), (ByteRange{row.begin, row.end}));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RangeOfHundred,
    ::testing::Values(RangeRow{"First", "bytes=0-0", 0, 1}, RangeRow{"Middle", "bytes=10-19", 10, 20},
                      RangeRow{"OpenEnd", "bytes=90-", 90, 100}, RangeRow{"BeyondTheEnd", "bytes=90-1000", 90, 100},
                      RangeRow{"LastTen", "bytes=-10", 90, 100}, RangeRow{"LastOfMoreThanAll", "bytes=-1000", 0, 100},
                      RangeRow{"LastNone", "bytes=-0", 1, 0}, RangeRow{"BehindTheEnd", "bytes=100-", 1, 0},
                      RangeRow{"HugeFirst", "bytes=99999999999999999999-", 1, 0},
                      RangeRow{"HugeLast", "bytes=5-99999999999999999999", 5, 100},
                      RangeRow{"Backwards", "bytes=20-10", 0, 0}, RangeRow{"NoNumbers", "bytes=-", 0, 0},
                      RangeRow{"Words", "bytes=a-b", 0, 0}, RangeRow{"Signed", "bytes=+1-5", 0, 0},
                      RangeRow{"OtherUnit", "lines=1-2", 0, 0}, RangeRow{"NoUnit", "1-2", 0, 0},
                      RangeRow{"S17ManyParts", "bytes=0-0,1-1,2-2", 0, 0}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(IfRange, TakesOnlyTheDigestAsAStrongTag) {
  auto request = with("Range", "bytes=0-9");
  request.headers.add("If-Range", entity_tag(digest));
  EXPECT_TRUE(std::holds_alternative<ByteRange>(wanted_bytes(request, 100, digest)));
  request.headers.set("If-Range", "W/" + entity_tag(digest));
  EXPECT_TRUE(std::holds_alternative<Whole>(wanted_bytes(request, 100, digest)));
  request.headers.set("If-Range", "Sat, 21 Nov 2026 00:00:00 GMT");
  EXPECT_TRUE(std::holds_alternative<Whole>(wanted_bytes(request, 100, digest)));
}

TEST(Range, IsForGetAlone) {
  auto request = with("Range", "bytes=0-9");
  request.method = Method::head;
  EXPECT_TRUE(std::holds_alternative<Whole>(wanted_bytes(request, 100, digest)));
}

}  // namespace
}  // namespace conditional_test
}  // namespace dray::server
