#include "support/http_server.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/raw_client.hpp"

namespace dray::testing {
namespace http_server_test {
namespace {

void echo(const ServerRequest& request, Responder& responder) { responder.send(200, {}, request.body); }

Handler deliver(std::string body, Delivery how) {
  return
      [body = std::move(body), how](const ServerRequest&, Responder& responder) { responder.send(200, {}, body, how); };
}

CURLcode curl_get(const std::string& url, const std::string& ca_file) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
  return curl_easy_perform(curl.get());
}

TEST(HttpServer, KeepsConnectionAliveAndRecordsRequests) {
  HttpServer server(echo);
  RawClient client(server.port());
  EXPECT_EQ(client.ask("POST", "/a?x=1%202", {{"X-One", "1"}}, "hello").body, "hello");
  EXPECT_EQ(client.ask("GET", "/b").status, 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].path(), "/a");
  EXPECT_EQ(requests[0].parameter("x"), "1 2");
  EXPECT_EQ(requests[0].headers.get("x-one"), "1");
  EXPECT_EQ(requests[0].body, "hello");
  EXPECT_EQ(requests[1].connection, 1);
  EXPECT_EQ(server.body_bytes_sent(), 5U);
}

TEST(HttpServer, ReadsChunkedBodyAndAnswersExpectation) {
  HttpServer server(echo);
  RawClient client(server.port());
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.read_answer("HEAD").status, 100);
  client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "abcde");
}

TEST(HttpServer, RefusesMalformedRequests) {
  struct Row {
    const char* name;
    const char* bytes;
  };
  for (const Row& row :
       {Row{"bare LF", "GET / HTTP/1.1\nHost: x\r\n\r\n"},
        Row{"space before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"},
        Row{"folding", "GET / HTTP/1.1\r\nA: x\r\n y\r\n\r\n"},
        Row{"two lengths", "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
        Row{"length and chunks", "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        Row{"signed length", "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n"},
        Row{"space in target", "GET /a b HTTP/1.1\r\n\r\n"}}) {
    HttpServer server(echo);
    RawClient client(server.port());
    client.send(row.bytes);
    EXPECT_EQ(client.read_answer().status, 400) << row.name;
    EXPECT_EQ(server.malformed_requests(), 1) << row.name;
    EXPECT_EQ(server.request_count(), 0U) << row.name;
  }
}

TEST(HttpServer, CutsBodyAfterExactlySoManyBytes) {
  for (const Ending ending : {Ending::fin, Ending::rst}) {
    Delivery how;
    how.cut_after = 70'000;
    how.ending = ending;
    HttpServer server(deliver(std::string(200'000, 'x'), how));
    RawClient client(server.port());
    const RawAnswer answer = client.ask("GET", "/");
    EXPECT_EQ(answer.headers.get("Content-Length"), "200000");
    EXPECT_EQ(answer.body.size(), 70'000U);
    EXPECT_FALSE(answer.complete);
    EXPECT_EQ(client.was_reset(), ending == Ending::rst);
  }
}

TEST(HttpServer, SendsChunksLiesAndBodiesThatEndWithTheConnection) {
  Delivery chunked;
  chunked.chunk_bytes = 4;
  HttpServer chunks(deliver("abcdef", chunked));
  RawClient reader(chunks.port());
  reader.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(reader.read_to_end().ends_with("\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"));

  Delivery lie;
  lie.content_length = 10;
  HttpServer liar(deliver("abc", lie));
  const RawAnswer lied = ask_once("GET", liar.origin());
  EXPECT_EQ(lied.body, "abc");
  EXPECT_FALSE(lied.complete);

  Delivery endless;
  endless.until_close = true;
  HttpServer closer(deliver("abc", endless));
  const RawAnswer answer = ask_once("GET", closer.origin());
  EXPECT_EQ(answer.body, "abc");
  EXPECT_FALSE(answer.headers.has("Content-Length"));
}

TEST(HttpServer, DripsAtRate) {
  Delivery how;
  how.bytes_per_second = 10'000;
  HttpServer server(deliver(std::string(3'000, 'x'), how));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask_once("GET", server.origin()).body.size(), 3'000U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(200));
}

TEST(HttpServer, StopsWithoutWaitingForStalledClients) {
  auto server = std::make_unique<HttpServer>([](const ServerRequest&, Responder& responder) { responder.stall(); });
  RawClient idle(server->port());
  RawClient stalled(server->port());
  stalled.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(server->wait_for_requests(1));
  server.reset();
  EXPECT_EQ(stalled.read_to_end(), "");
}

TEST(HttpServer, TurnsThrownWordsIntoAnswer) {
  HttpServer server([](const ServerRequest&, Responder&) { throw std::runtime_error("no such fixture"); });
  const RawAnswer answer = ask_once("GET", server.origin());
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body, "no such fixture");
}

TEST(HttpServer, ClosesSilentlyAfterSoManyAnswers) {
  ServerOptions options;
  options.answers_per_connection = 1;
  HttpServer server(echo, options);
  RawClient client(server.port());
  EXPECT_EQ(client.ask("GET", "/").status, 200);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, SpeaksTlsWithCertificatesOfEveryFlaw) {
  struct Row {
    const char* name;
    CertificateFlaw flaw;
    CURLcode wanted;
  };
  for (const Row& row : {Row{"none", CertificateFlaw::none, CURLE_OK},
                         Row{"expired", CertificateFlaw::expired, CURLE_PEER_FAILED_VERIFICATION},
                         Row{"wrong name", CertificateFlaw::wrong_name, CURLE_PEER_FAILED_VERIFICATION},
                         Row{"self-signed", CertificateFlaw::self_signed, CURLE_PEER_FAILED_VERIFICATION}}) {
    ServerOptions options;
    options.tls = true;
    options.flaw = row.flaw;
    HttpServer server(echo, options);
    EXPECT_EQ(curl_get(server.origin(), server.ca_file()), row.wanted) << row.name;
  }
}

}  // namespace
}  // namespace http_server_test
}  // namespace dray::testing
