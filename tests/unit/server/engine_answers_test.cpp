#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine_fixture.hpp"

namespace dray::server {
namespace engine_answers_test {
namespace {

using testing::RawClient;

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string put(const std::string& lines, const std::string& body) {
  return "PUT /sum HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n" + body;
}

// ---- the shape of answers

TEST(EngineAnswer, SaysItsLengthAndDateOnce) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto answer = client.ask("GET", "/text");
  EXPECT_EQ(answer.headers.all("Content-Length"), std::vector<std::string>{"5"});
  ASSERT_EQ(answer.headers.all("Date").size(), 1U);
  EXPECT_EQ(answer.headers.get("Date").size(), 29U);
  EXPECT_EQ(answer.headers.get("Date").substr(25), " GMT");
}

TEST(EngineAnswer, LeavesOutHeadersThatWouldSplitIt) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto answer = client.ask("GET", "/odd-headers");
  EXPECT_EQ(answer.headers.get("X-Good"), "fine");
  for (const auto* const name : {"X-Split", "X-Injected", "X-Nul", "X Blank", "transfer-encoding"})
    EXPECT_FALSE(answer.headers.has(name)) << name;
  EXPECT_EQ(answer.headers.all("Content-Length"), std::vector<std::string>{"5"});
  EXPECT_EQ(answer.body, "hello");
}

TEST(EngineAnswer, ToHeadSaysWhatGetWouldSend) {
  EngineBed bed;
  RawClient client(bed.port());
  for (const auto* const target : {"/big?n=1234", "/file?n=1234", "/stream?n=1234"})
    EXPECT_EQ(client.ask("HEAD", target).headers.get("Content-Length"), "1234") << target;
  const auto endless = client.ask("HEAD", "/stream?n=1234&chunked=1");
  EXPECT_EQ(endless.headers.get("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(endless.headers.has("Content-Length"));
  EXPECT_EQ(client.ask("GET", "/text").body, "hello");
}

TEST(EngineAnswer, Without204And304HasNeitherBodyNorLength) {
  EngineBed bed;
  RawClient client(bed.port());
  for (const auto* const code : {"204", "304"}) {
    const auto answer = client.ask("GET", std::string("/status?code=") + code);
    EXPECT_EQ(std::to_string(answer.status), code);
    EXPECT_FALSE(answer.headers.has("Content-Length"));
    EXPECT_FALSE(answer.headers.has("Transfer-Encoding"));
  }
  EXPECT_EQ(client.ask("GET", "/text").body, "hello");
}

TEST(EngineAnswer, OfNoSuchStatusIs500) {
  EngineBed bed;
  RawClient client(bed.port());
  EXPECT_EQ(client.ask("GET", "/status?code=7").status, 500);
  EXPECT_EQ(client.ask("GET", "/status?code=1000").status, 500);
}

TEST(EngineAnswer, ToAHandlerThatThrowsIs500AndTheEnd) {
  EngineBed bed;
  for (const auto* const target : {"/throw", "/throw-later"}) {
    RawClient client(bed.port());
    const auto answer = client.ask("GET", target);
    EXPECT_EQ(answer.status, 500) << target;
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(RawClient(bed.port()).ask("GET", "/text").status, 200);
}

// ---- connections

TEST(EngineConnection, OfHttp10EndsUnlessItIsAskedToStay) {
  EngineBed bed;
  RawClient short_lived(bed.port());
  short_lived.send("GET /text HTTP/1.0\r\n\r\n");
  const auto answer = short_lived.read_answer();
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(short_lived.read_to_end(), "");

  RawClient staying(bed.port());
  for (int round = 0; round < 2; ++round) {
    staying.send("GET /text HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto kept = staying.read_answer();
    EXPECT_EQ(kept.body, "hello");
    EXPECT_EQ(kept.headers.get("Connection"), "keep-alive");
  }
}

TEST(EngineConnection, OfHttp10GetsAnEndlessStreamToItsEnd) {
  EngineBed bed;
  RawClient client(bed.port());
  client.send("GET /stream?n=100000&chunked=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_FALSE(answer.headers.has("Transfer-Encoding"));
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_TRUE(answer.body == pattern(100'000));
}

TEST(EngineConnection, EndsWhenTheClientSaysSo) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto answer = client.ask("GET", "/text", {{"Connection", "close"}});
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(EngineConnection, AnswersAClientThatHasEndedItsSide) {
  EngineBed bed;
  for (const auto* const target : {"/text", "/slow", "/big?n=5000000", "/file?n=5000000", "/stream?n=5000000"}) {
    RawClient client(bed.port());
    client.send(get(target));
    client.finish_sending();
    bed.service().gate.open();
    const auto answer = client.read_answer();
    EXPECT_TRUE(answer.complete) << target;
    EXPECT_EQ(client.read_to_end(), "");
  }
}

TEST(EngineConnection, AnswersRequestsThatStandInLine) {
  EngineBed bed;
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 4096UL}) {
    RawClient client(bed.port());
    std::string requests;
    for (int i = 0; i < 50; ++i) {
      requests += get("/echo?i=" + std::to_string(i));
      requests += put("Content-Length: 3\r\n", "abc");
      requests += put("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
      requests += "PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    }
    send_in_pieces(client, requests, piece);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(client.read_answer().body.substr(0, 17 + std::to_string(i).size()),
                "GET /echo\n? i = " + std::to_string(i) + "\n");
      EXPECT_EQ(client.read_answer().body.substr(0, 2), "3 ");
      EXPECT_EQ(client.read_answer().body.substr(0, 2), "3 ");
      EXPECT_EQ(client.read_answer().status, 401);
    }
  }
}

TEST(EngineConnection, TellsTheHandlerWhoAsks) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto text = client.ask("GET", "/echo", {{"User-Agent", "unit/1"}}).body;
  EXPECT_NE(text.find("from 127.0.0.1\n"), std::string::npos) << text;
  const auto served = bed.wait_for_served(1).front();
  EXPECT_EQ(served.peer, "127.0.0.1");
  EXPECT_EQ(served.method, "GET");
  EXPECT_EQ(served.target, "/echo");
  EXPECT_EQ(served.user_agent, "unit/1");
  EXPECT_EQ(served.status, 200);
  EXPECT_EQ(served.sent, text.size());
  EXPECT_TRUE(served.complete);
}

}  // namespace
}  // namespace engine_answers_test
}  // namespace dray::server
