#include <dray/http/limits.hpp>

#include <array>
#include <string>
#include <vector>

#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_answer_test {
namespace {

TEST_F(CurlTransportTest, GivesHeadAndBody) {
  const auto body = pattern(1'000'000);
  HttpServer server(answer(200, {{"X-A", "1"}, {"x-a", "2"}}, body));
  const auto exchange = send(request_to(server.origin() + "/x"));
  ASSERT_TRUE(exchange);
  EXPECT_EQ((*exchange)->head().status, 200);
  EXPECT_EQ((*exchange)->head().url.text(), server.origin() + "/x");
  EXPECT_EQ((*exchange)->head().headers.all("X-A").size(), 2U);
  EXPECT_EQ((*exchange)->head().content_length(), body.size());
  EXPECT_EQ((*exchange)->head().connected_to, AddressClass::loopback);
  EXPECT_EQ(read_all(**exchange, body.size()).value_or(""), body);
}

TEST_F(CurlTransportTest, GivesEveryStatusAsAnAnswer) {
  for (const auto status : {204, 206, 301, 304, 307, 400, 401, 404, 416, 429, 500, 503, 599}) {
    HttpServer server(answer(status, {{"Location", "/other"}}));
    const auto exchange = send(request_to(server.origin() + "/"));
    ASSERT_TRUE(exchange) << status << exchange.error().message();
    EXPECT_EQ((*exchange)->head().status, status);
    EXPECT_EQ(server.request_count(), 1U);
  }
}

TEST_F(CurlTransportTest, ReadsInPiecesOfAnySize) {
  const auto body = pattern(300'000);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 4096U, 300'001U}) {
    for (const std::size_t chunk : {0U, 1000U}) {
      const auto size = piece < 10 ? std::size_t{20'000} : body.size();
      Delivery how;
      how.chunk_bytes = chunk;
      HttpServer server(answer(200, {}, body.substr(0, size), how));
      const auto exchange = send(request_to(server.origin() + "/"));
      ASSERT_TRUE(exchange);
      std::string got;
      std::vector<std::byte> buffer(piece);
      while (true) {
        const auto count = (*exchange)->read(buffer);
        ASSERT_TRUE(count) << count.error().message();
        if (*count == 0) break;
        got += as_text(std::span(buffer).first(*count));
      }
      EXPECT_TRUE(got == body.substr(0, size)) << piece << " " << chunk;
      EXPECT_EQ((*exchange)->read(buffer).value_or(1U), 0U);
    }
  }
}

TEST_F(CurlTransportTest, HoldsTheServerBackWhileNobodyReads) {
  const std::size_t size = 64 * 1024 * 1024;
  HttpServer server(answer(200, {}, std::string(size, 'x')));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  std::array<std::byte, 1000> buffer{};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*exchange)->read(buffer));
  EXPECT_LT(server.body_bytes_sent(), size / 2);
  const auto rest = read_all(**exchange, size);
  ASSERT_TRUE(rest);
  EXPECT_GE(rest->size(), size - 100'000);
}

TEST_F(CurlTransportTest, C27LeavesContentEncodingAlone) {
  const std::string compressed = "\x1f\x8b not really gzip";
  HttpServer server(answer(200, {{"Content-Encoding", "gzip"}}, compressed));
  EXPECT_EQ(get(server.origin() + "/").value_or(""), compressed);
}

TEST_F(CurlTransportTest, ReadsAnswersThatEndWithTheConnection) {
  Delivery how;
  how.until_close = true;
  HttpServer server(answer(200, {}, "body", how));
  EXPECT_EQ(get(server.origin() + "/").value_or(""), "body");
}

TEST_F(CurlTransportTest, ReadsOldAnswersAndInformationalOnes) {
  HttpServer old(answer_raw("HTTP/1.0 200 OK\r\n\r\nbody"));
  EXPECT_EQ(get(old.origin() + "/").value_or(""), "body");
  HttpServer hinting(
      answer_raw("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"));
  const auto exchange = send(request_to(hinting.origin() + "/"));
  ASSERT_TRUE(exchange);
  EXPECT_EQ((*exchange)->head().headers.find("X"), nullptr);
  EXPECT_EQ(read_all(**exchange, 10).value_or(""), "body");
}

TEST_F(CurlTransportTest, SaysWhereAnAnswerWasCut) {
  const auto body = pattern(200'000);
  for (const auto ending : {Ending::fin, Ending::rst}) {
    for (const std::uint64_t at : {0U, 1U, 70'000U, 199'999U}) {
      Delivery how;
      how.cut_after = at;
      how.ending = ending;
      HttpServer server(answer(200, {}, body, how));
      const auto got = get(server.origin() + "/");
      ASSERT_FALSE(got);
      EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
      if (ending == Ending::fin) {  // a reset may overtake the bytes before it
        EXPECT_NE(got.error().message().find("cut after " + std::to_string(at) + " of 200000 bytes"), std::string::npos)
            << got.error().message();
      }
    }
  }
}

TEST_F(CurlTransportTest, GivesEveryByteBeforeTheCut) {
  Delivery how;
  how.cut_after = 70'000;
  HttpServer server(answer(200, {}, pattern(200'000), how));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  std::string got;
  std::vector<std::byte> buffer(1000);
  while (true) {
    const auto count = (*exchange)->read(buffer);
    if (!count) break;
    ASSERT_NE(*count, 0U);
    got += as_text(std::span(buffer).first(*count));
  }
  EXPECT_TRUE(got == pattern(70'000)) << got.size();
  EXPECT_FALSE((*exchange)->read(buffer)) << "an error stays";
}

TEST_F(CurlTransportTest, NoticesChunksThatAreCut) {
  Delivery how;
  how.chunk_bytes = 1000;
  how.cut_after = 5500;
  HttpServer server(answer(200, {}, pattern(10'000), how));
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
}

TEST_F(CurlTransportTest, CallsAnAnswerThatNeverComesALostConnection) {
  for (const auto ending : {Ending::fin, Ending::rst}) {
    HttpServer server([=](const ServerRequest&, Responder& responder) { responder.close(ending); });
    const auto got = get(server.origin() + "/");
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), ErrorCode::unavailable) << got.error().message();
  }
}

struct Broken {
  const char* name;
  std::string bytes;
};
class BrokenAnswer : public CurlTransportTest, public ::testing::WithParamInterface<Broken> {};

TEST_P(BrokenAnswer, IsAProtocolError) {
  HttpServer server(answer_raw(GetParam().bytes));
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::protocol) << got.error().message();
}

std::string many_headers(std::size_t count, std::size_t size) {
  std::string bytes = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < count; ++i) bytes += "A: " + std::string(size, 'x') + "\r\n";
  return bytes + "Content-Length: 0\r\n\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenAnswer,
    ::testing::Values(Broken{"NoHttp", "SSH-2.0-OpenSSH_9.2\r\n"}, Broken{"NoStatusLine", "hello\r\n\r\nworld"},
                      Broken{"OtherVersion", "HTTP/3.0 200 OK\r\n\r\n"}, Broken{"Status", "HTTP/1.1 700 Odd\r\n\r\n"},
                      Broken{"Folded", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"},
                      Broken{"NoColon", "HTTP/1.1 200 OK\r\nA\r\n\r\n"},
                      Broken{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
                      Broken{"NegativeLength", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab"},
                      Broken{"BadChunk",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n"},
                      Broken{"TooManyLines", many_headers(limits::max_header_lines + 1, 1)},
                      Broken{"TooManyBytes", many_headers(70, 1000)},
                      Broken{"OneHugeLine", many_headers(1, limits::max_header_bytes)}),
    [](const auto& row) { return row.param.name; });

TEST_F(CurlTransportTest, ChunksWinOverALength) {
  HttpServer server(
      answer_raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5\r\nhello\r\n0\r\n\r\n"));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  EXPECT_FALSE((*exchange)->head().content_length());
  EXPECT_EQ(read_all(**exchange, 100).value_or(""), "hello");
}

}  // namespace
}  // namespace curl_answer_test
}  // namespace dray::http
