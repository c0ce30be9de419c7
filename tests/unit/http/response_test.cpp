#include <gtest/gtest.h>
#include <dray/http/limits.hpp>
#include <dray/http/response.hpp>

#include <string>

namespace dray::http {
namespace response_test {
namespace {

/// An answer that counts how much of it was read.
class CountingExchange final : public Exchange {
 public:
  CountingExchange(std::string body, std::optional<std::string> length, std::size_t& count)
      : head_{200, {}, *Url::parse("https://a/x?sig=marked"), AddressClass::global},
        body_(std::move(body)),
        count_(count) {
    if (length) head_.headers.add("Content-Length", *std::move(length));
  }
  const ResponseHead& head() const noexcept override { return head_; }
  Result<std::size_t> read(ByteSpan into) override {
    auto count = body_.read(into);
    count_ += count.value_or(0U);
    return count;
  }

 private:
  ResponseHead head_;
  StringSource body_;
  std::size_t& count_;
};

TEST(ReadBody, ReadsUpToTheLimit) {
  std::size_t count = 0;
  CountingExchange exchange("12345", {}, count);
  EXPECT_EQ(read_body(exchange, 5).value_or(""), "12345");
}

TEST(ReadBody, RefusesMoreThanTheLimit) {
  std::size_t count = 0;
  CountingExchange exchange("123456", {}, count);
  const auto body = read_body(exchange, 5);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(body.error().message().find("marked"), std::string::npos);
}

TEST(ReadBody, BelievesALengthThatIsTooLarge) {
  std::size_t count = 0;
  CountingExchange exchange("123456", "6", count);
  const auto body = read_body(exchange, 5);
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(count, 0U);
}

TEST(Discard, ReadsAwayOnlyWhatIsKnownToBeShort) {
  struct Row {
    std::optional<std::string> length;
    std::size_t read;
  };
  const auto limit = limits::max_discarded_bytes;
  for (const auto& row : {Row{std::to_string(limit), limit}, Row{std::to_string(limit + 1), 0}, Row{{}, 0}}) {
    std::size_t count = 0;
    discard(std::make_unique<CountingExchange>(std::string(limit, 'x'), row.length, count));
    EXPECT_EQ(count, row.read);
  }
}

}  // namespace
}  // namespace response_test
}  // namespace dray::http
