#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace answer_error_test {
namespace {

using ::testing::HasSubstr;

Error error_of(int status, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::ResponseHead head{
      status, {}, http::Url::parse("https://r.example/v2/x?sig=secret").value(), http::AddressClass::global};
  for (const auto& [name, value] : headers) head.headers.add(name, value);
  ReplyExchange answer(std::move(head), Reply{status, {}, std::move(body)}, 7);
  return answer_error(answer, "get x");
}

struct StatusCase {
  const char* name;
  int status;
  const char* body;
  ErrorCode code;
};

class AnswerErrorCode : public ::testing::TestWithParam<StatusCase> {};
TEST_P(AnswerErrorCode, ComesFromTheStatus) {
  const auto error = error_of(GetParam().status, GetParam().body);
  EXPECT_EQ(error.code(), GetParam().code);
  EXPECT_EQ(error.peer_status(), GetParam().status);
}

const StatusCase status_cases[] = {
    {"Unauthorized", 401, "", ErrorCode::unauthorized},
    {"Forbidden", 403, "", ErrorCode::denied},
    {"NotFound", 404, "", ErrorCode::not_found},
    {"Gone", 410, "", ErrorCode::not_found},
    {"MethodNotAllowed", 405, "", ErrorCode::unsupported},
    {"RequestTimeout", 408, "", ErrorCode::timed_out},
    {"Conflict", 409, "", ErrorCode::conflict},
    {"TooLarge", 413, "", ErrorCode::limit_exceeded},
    {"BadRange", 416, "", ErrorCode::invalid_input},
    {"TooMany", 429, "", ErrorCode::rate_limited},
    {"Internal", 500, "", ErrorCode::unavailable},
    {"NotImplemented", 501, "", ErrorCode::unsupported},
    {"Unavailable", 503, "", ErrorCode::unavailable},
    {"Full", 507, "", ErrorCode::no_space},
    {"Bad", 400, R"({"errors":[{"code":"MANIFEST_INVALID"}]})", ErrorCode::invalid_input},
    {"BadUnsupported", 400, R"({"errors":[{"code":"UNSUPPORTED"}]})", ErrorCode::unsupported},
    {"ForbiddenTooMany", 403, R"({"errors":[{"code":"TOOMANYREQUESTS"}]})", ErrorCode::rate_limited},
    {"Redirect", 302, "", ErrorCode::protocol},
    {"UnexpectedGood", 204, "", ErrorCode::protocol},
};
INSTANTIATE_TEST_SUITE_P(Table, AnswerErrorCode, ::testing::ValuesIn(status_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(AnswerError, SaysWhatWasAttemptedOnWhomAndItsWords) {
  const auto error = error_of(404, R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})");
  EXPECT_EQ(error.message(), "get x: https://r.example answered 404 (MANIFEST_UNKNOWN: manifest unknown)");
  EXPECT_EQ(error.peer_words(), "MANIFEST_UNKNOWN: manifest unknown");
}

TEST(AnswerError, SaysThatRefusalsAlsoHideWhatDoesNotExist) {
  EXPECT_THAT(error_of(401, "").message(), HasSubstr("does not exist"));
  EXPECT_THAT(error_of(403, "").message(), HasSubstr("does not exist"));
}

TEST(AnswerError, SaysHowToSpeakToATlsPort) {
  EXPECT_THAT(error_of(400, "Client sent an HTTP request to an HTTPS server.\n").message(), HasSubstr("--tls"));
}

TEST(AnswerError, TellsHowLongToWait) {
  EXPECT_THAT(error_of(429, "", {{"Retry-After", "300"}}).message(), HasSubstr("300"));
}

// C-31
TEST(AnswerError, ReadsNoMoreOfAnEndlessBodyThanItsLimit) {
  class Endless final : public http::Exchange {
   public:
    [[nodiscard]] const http::ResponseHead& head() const noexcept override { return head_; }
    [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
      std::memset(into.data(), 'x', into.size());
      total += into.size();
      return into.size();
    }
    std::size_t total = 0;

   private:
    http::ResponseHead head_{500, {}, http::Url::parse("https://r.example/").value(), http::AddressClass::global};
  };
  Endless answer;
  EXPECT_EQ(answer_error(answer, "get x").code(), ErrorCode::unavailable);
  EXPECT_EQ(answer.total, limits::max_error_body_bytes);
}

}  // namespace
}  // namespace answer_error_test
}  // namespace dray::client
