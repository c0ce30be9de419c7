#include <dray/base/stream.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace dray {
namespace stream_test {
namespace {

/// Gives out at most `piece` bytes at a time, and fails at `fail_at` when it gets there.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string text, std::size_t piece, std::size_t fail_at = std::string::npos)
      : text_(std::move(text)), piece_(piece), fail_at_(fail_at) {}
  Result<std::size_t> read(ByteSpan into) override {
    if (at_ >= fail_at_) return Error(ErrorCode::unavailable, "cut");
    const auto count = std::min({into.size(), piece_, text_.size() - at_});
    std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t fail_at_;
  std::size_t at_ = 0;
};

class FullSink final : public ByteSink {
 public:
  Result<void> write(ByteView) override { return Error(ErrorCode::no_space, "full"); }
};

class Pieces : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Pieces, ReadAllJoinsThem) {
  const std::string text(10'000, 'x');
  PieceSource source(text, GetParam());
  EXPECT_EQ(read_all(source, text.size()).value(), text);
}

TEST_P(Pieces, PumpMovesThemAll) {
  const std::string text(10'000, 'y');
  PieceSource source(text, GetParam());
  StringSink sink;
  EXPECT_EQ(pump(source, sink).value(), text.size());
  EXPECT_EQ(sink.text(), text);
}

TEST_P(Pieces, ReadExactlyFillsToTheEnd) {
  PieceSource source("0123456789", GetParam());
  std::string into(6, ' ');
  ASSERT_TRUE(read_exactly(source, std::as_writable_bytes(std::span(into))));
  EXPECT_EQ(into, "012345");
}

INSTANTIATE_TEST_SUITE_P(Sizes, Pieces, ::testing::Values(1, 2, 3, 7, 4096, 1000000),
                         [](const auto& row) { return "Of" + std::to_string(row.param); });

TEST(ReadAll, RefusesOneByteMoreThanTheLimit) {
  StringSource source(std::string(101, 'x'));
  EXPECT_EQ(read_all(source, 100).error().code(), ErrorCode::limit_exceeded);
}

TEST(ReadAll, TakesNothingWithALimitOfZero) {
  StringSource empty("");
  EXPECT_EQ(read_all(empty, 0).value(), "");
  StringSource one("x");
  EXPECT_EQ(read_all(one, 0).error().code(), ErrorCode::limit_exceeded);
}

TEST(ReadAll, GivesBackTheSourcesError) {
  PieceSource source(std::string(100, 'x'), 10, 50);
  EXPECT_EQ(read_all(source, 1000).error().code(), ErrorCode::unavailable);
}

TEST(ReadExactly, SaysThatTheBytesEndedEarly) {
  StringSource source("012");
  std::string into(4, ' ');
  EXPECT_EQ(read_exactly(source, std::as_writable_bytes(std::span(into))).error().code(), ErrorCode::unavailable);
}

TEST(Pump, GivesBackTheErrorOfEitherSide) {
  PieceSource cut(std::string(100, 'x'), 10, 50);
  StringSink sink;
  EXPECT_EQ(pump(cut, sink).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(sink.text().size(), 50U);
  StringSource whole("x");
  FullSink full;
  EXPECT_EQ(pump(whole, full).error().code(), ErrorCode::no_space);
}

}  // namespace
}  // namespace stream_test
}  // namespace dray
