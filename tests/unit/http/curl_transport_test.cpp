#include <string>
#include <utility>
#include <vector>

#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_transport_test {
namespace {

TEST_F(CurlTransportTest, SendsTheTargetAsItWasWritten) {
  HttpServer server(answer(200));
  ASSERT_TRUE(get(server.origin() + "/d//a/../b/./%2F%7e?x=%2f&y=a+b"));
  EXPECT_EQ(server.requests().at(0).target, "/d//a/../b/./%2F%7e?x=%2f&y=a+b");
}

TEST_F(CurlTransportTest, SendsNoHeaderOfItsOwnBeyondTheNeedful) {
  HttpServer server(answer(200));
  auto request = request_to(server.origin() + "/");
  request.headers.add("X-One", "1");
  request.headers.add("X-Empty", "");
  ASSERT_TRUE(send(request));
  std::vector<std::pair<std::string, std::string>> expected{{"Host", server.host_port()},
                                                            {"X-One", "1"},
                                                            {"X-Empty", ""},
                                                            {"Accept-Encoding", "identity"},
                                                            {"User-Agent", "dray-test/1"}};
  EXPECT_EQ(server.requests().at(0).headers.lines(), expected);
}

TEST_F(CurlTransportTest, LetsTheCallerReplaceThem) {
  HttpServer server(answer(200));
  auto request = request_to(server.origin() + "/");
  request.headers.add("accept", "a/b");
  request.headers.add("ACCEPT", "c/d");
  request.headers.add("user-agent", "other");
  ASSERT_TRUE(send(request));
  const auto headers = server.requests().at(0).headers;
  EXPECT_EQ(headers.all("Accept"), (std::vector<std::string>{"a/b", "c/d"}));
  EXPECT_EQ(headers.all("User-Agent"), std::vector<std::string>{"other"});
}

TEST_F(CurlTransportTest, RefusesHeadersThatWouldBreakTheRequest) {
  HttpServer server(answer(200));
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"A", "b\r\nC: d"},
                                                                                    {"A", "b\nC: d"},
                                                                                    {"A\r\nB", "c"},
                                                                                    {"A B", "c"},
                                                                                    {"", "a"},
                                                                                    {"A:", "b"},
                                                                                    {"A", "\x01"}}) {
    auto request = request_to(server.origin() + "/");
    request.headers.add(name, value);
    const auto sent = send(request);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code(), ErrorCode::invalid_input);
  }
  EXPECT_EQ(server.request_count(), 0U);
}

TEST_F(CurlTransportTest, SendsEveryMethod) {
  HttpServer server(answer(200, {}, "x"));
  for (const auto method : {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::del}) {
    const auto exchange = send(request_to(server.origin() + "/", method));
    ASSERT_TRUE(exchange) << name(method) << exchange.error().message();
    EXPECT_EQ(read_body(**exchange, 10).value_or("?"), method == Method::head ? "" : "x");
    const auto request = server.requests().back();
    EXPECT_EQ(request.method, name(method));
    const bool has_body = method == Method::post || method == Method::put || method == Method::patch;
    EXPECT_EQ(request.headers.get("Content-Length"), has_body ? "0" : "") << name(method);
    EXPECT_FALSE(request.headers.has("Content-Type")) << name(method);
    EXPECT_FALSE(request.headers.has("Transfer-Encoding")) << name(method);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, SendsBodiesOfEverySize) {
  HttpServer server([](const ServerRequest& request, Responder& responder) {
    responder.send(201, {}, std::to_string(request.body_size));
  });
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, std::size_t{900'000}}) {
    for (const auto method : {Method::post, Method::put, Method::patch}) {
      auto request = request_to(server.origin() + "/", method);
      request.body = text_body(pattern(size));
      const auto exchange = send(request);
      ASSERT_TRUE(exchange) << exchange.error().message();
      EXPECT_EQ(read_body(**exchange, 100).value_or(""), std::to_string(size));
      EXPECT_EQ(server.requests().back().body, pattern(size));
      EXPECT_EQ(server.requests().back().headers.get("Content-Length"), std::to_string(size));
      EXPECT_FALSE(server.requests().back().headers.has("Expect"));
    }
  }
}

TEST_F(CurlTransportTest, AnnouncesALargeBody) {
  HttpServer server([](const ServerRequest& request, Responder& responder) {
    responder.send(201, {}, std::to_string(request.body_size));
  });
  auto request = request_to(server.origin() + "/", Method::put);
  request.body = text_body(pattern(5'000'000));
  const auto exchange = send(request);
  ASSERT_TRUE(exchange) << exchange.error().message();
  EXPECT_EQ((*exchange)->head().status, 201);
  EXPECT_EQ(server.requests().back().body_size, 5'000'000U);
  EXPECT_EQ(server.requests().back().headers.get("Expect"), "100-continue");
}

TEST_F(CurlTransportTest, GivesTheErrorOfABodyThatCannotBeRead) {
  class Failing final : public ByteSource {
    Result<std::size_t> read(ByteSpan into) override {
      if (into.size() > 10 && !begun_) {
        begun_ = true;
        return 10U;
      }
      return Error(ErrorCode::digest_mismatch, "bad source");
    }
    bool begun_ = false;
  };
  HttpServer server(answer(201));
  auto request = request_to(server.origin() + "/", Method::put);
  request.body = Body{100, []() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<Failing>(); }};
  const auto sent = send(request);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::digest_mismatch);
}

TEST_F(CurlTransportTest, GivesTheErrorOfABodyThatDoesNotOpen) {
  auto request = request_to("http://127.0.0.1:1/", Method::put);
  request.body = Body{100, []() -> Result<std::unique_ptr<ByteSource>> { return Error(ErrorCode::io, "gone"); }};
  const auto sent = send(request);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::io);
}

TEST_F(CurlTransportTest, RefusesABodyThatIsShorterThanItSays) {
  HttpServer server(answer(201));
  auto request = request_to(server.origin() + "/", Method::put);
  request.body = text_body("short");
  request.body->size = 100;
  const auto sent = send(request);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(sent.error().message().find("5 of 100"), std::string::npos) << sent.error().message();
}

TEST_F(CurlTransportTest, GivesAnAnswerThatComesBeforeTheBodyIsSent) {
  // The server refuses by the head alone and reads nothing more.
  dray::testing::ServerOptions options;
  options.max_body_bytes = 1000;
  HttpServer server(answer(201), options);
  auto request = request_to(server.origin() + "/", Method::put);
  request.body = text_body(pattern(20'000'000));
  const auto exchange = send(request);
  ASSERT_TRUE(exchange) << exchange.error().message();
  EXPECT_EQ((*exchange)->head().status, 413);
}

}  // namespace
}  // namespace curl_transport_test
}  // namespace dray::http
