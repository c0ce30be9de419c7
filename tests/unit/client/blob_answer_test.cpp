#include "blob_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/store/verify.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace blob_answer_test {
namespace {

using ::testing::HasSubstr;

const std::string bytes = "0123456789";
const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("0123456789")), 10};

std::unique_ptr<http::Exchange> exchange(Reply reply, std::size_t piece = 3) {
  http::ResponseHead head{
      reply.status, {}, http::Url::parse("https://cdn.example/b").value(), http::AddressClass::global};
  for (const auto& [name, value] : reply.headers) head.headers.add(name, value);
  return std::make_unique<ReplyExchange>(std::move(head), std::move(reply), piece);
}

enum class Outcome { opened, useless, refused };

struct AnswerCase {
  const char* name;
  Reply reply;
  std::optional<ByteRange> range;
  Outcome outcome;
  ErrorCode code = ErrorCode::protocol;
  std::uint64_t begin = 0;
};

class ReadBlobAnswer : public ::testing::TestWithParam<AnswerCase> {};

TEST_P(ReadBlobAnswer, IsChecked) {
  const auto& row = GetParam();
  const auto answer = read_blob_answer(exchange(row.reply), blob, row.range, "get blob");
  if (row.outcome == Outcome::refused) {
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), row.code) << answer.error().message();
    return;
  }
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  if (row.outcome == Outcome::useless) {
    EXPECT_TRUE(std::holds_alternative<UselessRange>(*answer));
    return;
  }
  const auto* const opened = std::get_if<OpenedBlob>(&*answer);
  ASSERT_NE(opened, nullptr);
  EXPECT_EQ(opened->begin, row.begin);
  const auto end = row.reply.status == 206 ? row.range->end : blob.size;
  EXPECT_EQ(read_all(*opened->bytes, 100).value(), bytes.substr(row.begin, end - row.begin));
}

constexpr auto part = ByteRange{4, 10};
Reply partial(const char* place, std::string body) { return {206, {{"Content-Range", place}}, std::move(body)}; }

// C-24, C-27, C-28
const AnswerCase answer_cases[] = {
    {"Whole", {200, {}, bytes}, {}, Outcome::opened},
    {"WholeWithLength", {200, {{"Content-Length", "10"}}, bytes}, {}, Outcome::opened},
    {"WholeTooShort", {200, {{"Content-Length", "9"}}, "012345678"}, {}, Outcome::refused, ErrorCode::digest_mismatch},
    {"WholeTooLong", {200, {{"Content-Length", "11"}}, bytes + "x"}, {}, Outcome::refused, ErrorCode::digest_mismatch},
    {"LengthZero", {200, {{"Content-Length", "0"}}, ""}, {}, Outcome::refused, ErrorCode::digest_mismatch},
    {"RangeIgnored", {200, {}, bytes}, part, Outcome::opened, {}, 0},
    {"Part", partial("bytes 4-9/10", "456789"), part, Outcome::opened, {}, 4},
    {"PartOfUnknownTotal", partial("bytes 4-9/*", "456789"), part, Outcome::opened, {}, 4},
    {"PartOfOtherTotal", partial("bytes 4-9/11", "456789"), part, Outcome::refused, ErrorCode::digest_mismatch},
    {"OtherFirstByte", partial("bytes 3-9/10", "3456789"), part, Outcome::useless},
    {"TooFar", partial("bytes 0-9/10", bytes), ByteRange{0, 5}, Outcome::useless},
    {"NoPlace", {206, {}, "456789"}, part, Outcome::useless},
    {"Multipart", {206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, "--x"}, part, Outcome::useless},
    {"NonsensePlace", partial("bytes 9-4/10", ""), part, Outcome::useless},
    {"LengthUnlikePlace",
     {206, {{"Content-Range", "bytes 4-9/10"}, {"Content-Length", "3"}}, "456"},
     part,
     Outcome::useless},
    {"NotSatisfiable", {416, {{"Content-Range", "bytes */5"}}}, part, Outcome::useless},
    {"UnaskedPart", partial("bytes 0-9/10", bytes), {}, Outcome::refused},
    {"Gzip", {200, {{"Content-Encoding", "gzip"}}, bytes}, {}, Outcome::refused},
    {"GzipPart",
     {206, {{"Content-Encoding", "gzip"}, {"Content-Range", "bytes 4-9/10"}}, "456789"},
     part,
     Outcome::refused},
    {"Identity", {200, {{"Content-Encoding", "identity"}}, bytes}, {}, Outcome::opened},
    {"NotFound", {404}, {}, Outcome::refused, ErrorCode::not_found},
    {"Empty204", {204}, {}, Outcome::refused},
};
INSTANTIATE_TEST_SUITE_P(Table, ReadBlobAnswer, ::testing::ValuesIn(answer_cases),
                         [](const auto& row) { return std::string(row.param.name); });

// C-26: a body that ends early is never taken for the whole, wherever it is cut, with a length or without.
TEST(Exactly, EarlyEndIsUnavailable) {
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 4096U}) {
      const auto source = exactly(exchange({200, {}, bytes.substr(0, cut)}, piece), bytes.size(), "get blob");
      const auto read = read_all(*source, 100);
      ASSERT_FALSE(read.has_value());
      EXPECT_EQ(read.error().code(), ErrorCode::unavailable);
    }
  }
}

TEST(Exactly, BrokenBodyKeepsItsErrorBehindItsBytes) {
  Reply reply{200, {}, bytes.substr(0, 4)};
  reply.body_error = Error(ErrorCode::unavailable, "connection reset");
  const auto source = exactly(exchange(reply), bytes.size(), "get blob");
  std::array<std::byte, 4> first{};
  ASSERT_TRUE(read_exactly(*source, first).has_value());
  const auto rest = read_all(*source, 100);
  ASSERT_FALSE(rest.has_value());
  EXPECT_EQ(rest.error().code(), ErrorCode::unavailable);
  EXPECT_THAT(rest.error().message(), HasSubstr("connection reset"));
}

// C-24
TEST(Exactly, EndlessBodyStopsBehindTheLastByte) {
  class Endless final : public ByteSource {
   public:
    Result<std::size_t> read(ByteSpan into) override {
      given += into.size();
      return into.size();
    }
    std::uint64_t given = 0;
  };
  auto endless = std::make_unique<Endless>();
  const auto& given = endless->given;
  const auto source = exactly(std::move(endless), 10, "get blob");
  const auto read = read_all(*source, 1000);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(given, 11U);
}

TEST(BlobHeaders, AskForTheBytesAsTheyAre) {
  EXPECT_EQ(*blob_headers(std::nullopt).find("Accept-Encoding"), "identity");
  EXPECT_EQ(blob_headers(std::nullopt).find("Range"), nullptr);
  EXPECT_EQ(*blob_headers(ByteRange{0, 100}).find("Range"), "bytes=0-99");
}

}  // namespace
}  // namespace blob_answer_test
}  // namespace dray::client
