#include <gtest/gtest.h>

#include <dray/server/limits.hpp>
#include <string>
#include <thread>
#include <utility>

#include "engine_fixture.hpp"
#include "support/hashing.hpp"

namespace dray::server {
namespace engine_transfers_test {
namespace {

using testing::RawClient;

std::string put_head(const std::string& path, std::size_t size, const std::string& lines = "") {
  return "PUT " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n" + lines + "\r\n";
}

// ---- Expect: 100-continue

TEST(EngineExpectation, IsMetOnceSomebodyTakesTheBody) {
  EngineBed bed;
  RawClient client(bed.port());
  for (int round = 0; round < 2; ++round) {
    client.send(put_head("/sum", 3, "Expect: 100-Continue\r\n"));
    EXPECT_EQ(client.read_answer("HEAD").status, 100);
    client.send("abc");
    EXPECT_EQ(client.read_answer().body.substr(0, 2), "3 ");
  }
}

TEST(EngineExpectation, IsNotMetForABodyNobodyWants) {
  EngineBed bed;
  RawClient client(bed.port());
  client.send(put_head("/unread", 3, "Expect: 100-continue\r\n"));
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(EngineExpectation, OfHttp10OrWithoutABodyIsNone) {
  EngineBed bed;
  RawClient without_body(bed.port());
  EXPECT_EQ(without_body.ask("PUT", "/sum", {{"Expect", "100-continue"}}).status, 201);
  RawClient old(bed.port());
  old.send("PUT /sum HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc");
  EXPECT_EQ(old.read_answer().status, 201);
}

TEST(EngineExpectation, IsNotMetWhenTheBodyIsThereAlready) {
  EngineBed bed;
  RawClient client(bed.port());
  client.send(put_head("/sum", 3, "Expect: 100-continue\r\n") + "abc");
  EXPECT_EQ(client.read_answer().status, 201);
}

// ---- refusals in mid-body

TEST(EngineUploadRefusal, OfASmallBodyKeepsTheConnection) {
  EngineBed bed;
  RawClient client(bed.port());
  EXPECT_EQ(client.ask("PUT", "/picky", {}, std::string(5000, 'x')).status, 413);
  EXPECT_EQ(client.ask("PUT", "/picky", {}, std::string(500, 'x')).status, 201);
  EXPECT_EQ(client.ask("PUT", "/unread", {}, std::string(limits::max_drained_bytes, 'x')).status, 401);
  EXPECT_EQ(client.ask("GET", "/text").body, "hello");
}

TEST(EngineUploadRefusal, OfALargeBodyIsHeardAndEndsTheConnection) {
  EngineBed bed;
  for (const auto* const path : {"/picky", "/unread"}) {
    RawClient client(bed.port());
    client.send(put_head(path, 1'000'000'000));
    client.send(std::string(300'000, 'x'));
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, path == std::string("/picky") ? 413 : 401);
    EXPECT_EQ(answer.headers.get("Connection"), "close");
    EXPECT_EQ(client.read_to_end(), "");
    EXPECT_FALSE(client.was_reset());
  }
}

TEST(EngineUploadRefusal, OfAChunkedBodyEndsTheConnection) {
  EngineBed bed;
  RawClient client(bed.port());
  client.send("PUT /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
}

// ---- clients that go away

TEST(S10ShortBody, OfAClientThatEndedItsSideIs400AndTheTakerHasWhatCame) {
  EngineBed bed;
  for (const auto* const framing : {"Content-Length: 1000", "Transfer-Encoding: chunked"}) {
    RawClient client(bed.port());
    client.send("PUT /sum HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n7\r\nabcdefg\r\n");
    client.finish_sending();
    EXPECT_EQ(client.read_answer().status, 400) << framing;
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_TRUE(eventually([&] { return bed.service().takers.destroyed == 2; }));
  EXPECT_EQ(bed.service().takers.finished, 0);
  EXPECT_EQ(bed.service().takers.bytes, 12U + 7U);
}

TEST(EngineUpload, OfAClientThatIsGoneIsTakenFromItsTaker) {
  EngineBed bed;
  {
    RawClient client(bed.port());
    client.send(put_head("/sum", 1'000'000) + std::string(300'000, 'x'));
    EXPECT_TRUE(eventually([&] { return bed.service().takers.bytes == 300'000; }));
  }
  EXPECT_TRUE(eventually([&] { return bed.service().takers.unfinished == 1; }));
  const auto served = bed.wait_for_served(1).front();
  EXPECT_EQ(served.received, 300'000U);
}

TEST(EngineUpload, OfAClientThatIsGoneWhileTheTakerWorksIsTakenFromIt) {
  EngineBed bed;
  {
    RawClient client(bed.port());
    client.send(put_head("/held", 1'000'000) + std::string(300'000, 'x'));
    EXPECT_TRUE(eventually([&] { return bed.service().gate.waiting() == 1; }));
  }
  bed.service().gate.open();
  EXPECT_TRUE(eventually([&] { return bed.service().takers.unfinished == 1; }));
  EXPECT_TRUE(eventually([&] { return bed.engine().counts().connections_now == 0; }));
}

TEST(EngineUpload, StopsReadingWhileItsTakerIsBusy) {
  EngineBed bed;
  RawClient client(bed.port());
  const auto body = pattern(40'000'000);
  std::jthread sender([&] { client.send(put_head("/held", body.size()) + body); });
  EXPECT_TRUE(eventually([&] { return bed.service().gate.waiting() == 1; }));
  EXPECT_EQ(RawClient(bed.port()).ask("GET", "/text").body, "hello");
  EXPECT_EQ(bed.service().takers.bytes, 0U);
  bed.service().gate.open();
  EXPECT_EQ(client.read_answer().body, std::to_string(body.size()) + " " + testing::digest_of(body));
}

TEST(EngineDownload, ToAClientThatIsGoneIsToldAsIncomplete) {
  EngineBed bed;
  for (const auto* const target : {"/big?n=30000000", "/file?n=30000000", "/stream?n=30000000"}) {
    const auto before = bed.served().size();
    {
      RawClient client(bed.port());
      client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    const auto served = bed.wait_for_served(before + 1).back();
    EXPECT_FALSE(served.complete) << target;
    EXPECT_LT(served.sent, 30'000'000U);
  }
  EXPECT_TRUE(eventually([&] { return bed.engine().counts().connections_now == 0; }));
}

// ---- sources that fail

TEST(EngineDownload, OfAStreamThatFailsAtOnceIs500) {
  EngineBed bed;
  for (const auto* const target : {"/stream?n=1000&fail_at=1", "/stream?n=1000&fail_at=1&chunked=1"}) {
    const auto answer = RawClient(bed.port()).ask("GET", target);
    EXPECT_EQ(answer.status, 500) << target;
    EXPECT_EQ(answer.headers.get("Connection"), "close");
  }
}

TEST(EngineDownload, OfAStreamThatFailsLaterIsCut) {
  EngineBed bed;
  RawClient sized(bed.port());
  const auto answer = sized.ask("GET", "/stream?n=200000&fail_at=100001");
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.complete);
  EXPECT_EQ(answer.body.size(), 100'000U);

  RawClient endless(bed.port());
  const auto chunked = endless.ask("GET", "/stream?n=200000&fail_at=100001&chunked=1");
  EXPECT_EQ(chunked.body.find("\r\n0\r\n\r\n"), std::string::npos) << "the end must not look like one";
  for (const auto& each : bed.wait_for_served(2)) EXPECT_FALSE(each.complete);
}

TEST(EngineDownload, OfAFileThatIsShorterThanItsRangeIsCut) {
  EngineBed bed;
  for (const auto* const size : {"1000", "1000000"}) {
    RawClient client(bed.port());
    const auto answer = client.ask("GET", "/file?beyond=10&n=" + std::string(size));
    EXPECT_FALSE(answer.complete) << size;
    EXPECT_FALSE(bed.wait_for_served(1).front().complete);
  }
}

TEST(S17Range, IsSentAsTheHandlerHasIt) {
  EngineBed bed;
  RawClient client(bed.port());
  EXPECT_TRUE(client.ask("GET", "/file?n=5000&from=1000").body == pattern(5000).substr(1000));
  EXPECT_TRUE(client.ask("GET", "/file?n=500000&from=1000").body == pattern(500'000).substr(1000));
  EXPECT_EQ(client.ask("GET", "/file?n=5000&from=5000").body, "");
}

// ---- stopping

TEST(EngineStop, LetsTransfersFinishAndEndsTheRest) {
  EngineBed bed;
  RawClient idle(bed.port());
  EXPECT_EQ(idle.ask("GET", "/text").status, 200);
  RawClient upload(bed.port());
  const auto body = pattern(1'000'000);
  upload.send(put_head("/sum", body.size()) + body.substr(0, 400'000));
  RawClient download(bed.port());
  download.send("GET /file?n=20000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  RawClient slow(bed.port());
  slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return bed.service().handled == 4 && bed.service().takers.bytes == 400'000; }));

  std::jthread stopping([&] { bed.engine().stop(); });
  EXPECT_EQ(idle.read_to_end(), "") << "an idle connection is ended first";
  EXPECT_ANY_THROW({ RawClient late(bed.port()); });
  upload.send(body.substr(400'000));
  const auto stored = upload.read_answer();
  EXPECT_EQ(stored.body, std::to_string(body.size()) + " " + testing::digest_of(body));
  EXPECT_EQ(stored.headers.get("Connection"), "close");
  EXPECT_TRUE(download.read_answer().body == pattern(20'000'000));
  EXPECT_EQ(download.read_to_end(), "");
  bed.service().gate.open();
  EXPECT_EQ(slow.read_answer().status, 201);
  stopping.join();
  EXPECT_EQ(bed.engine().counts().connections_now, 0U);
  bed.engine().stop();  // a second time does nothing
}

TEST(EngineStop, CutsWhatOutlastsTheDeadlineAndParksUploads) {
  EngineOptions options;
  options.stop_deadline = std::chrono::seconds{0};
  EngineBed bed(options);
  RawClient upload(bed.port());
  upload.send(put_head("/sum", 1'000'000) + std::string(1000, 'x'));
  RawClient download(bed.port());
  download.send("GET /stream?n=30000000 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return bed.service().handled == 2 && bed.service().takers.bytes == 1000; }));
  bed.engine().stop();
  EXPECT_EQ(bed.service().takers.unfinished, 1) << "destroyed before stop returned";
  EXPECT_EQ(bed.engine().counts().connections_now, 0U);
  EXPECT_EQ(bed.served().size(), 2U);
}

TEST(EngineStart, RefusesAPortThatIsTaken) {
  EngineBed bed;
  EngineOptions options;
  options.port = bed.port();
  const auto second = Engine::start(options, std::make_shared<TestService>(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::io);
  EXPECT_NE(second.error().message().find("127.0.0.1:" + std::to_string(bed.port())), std::string::npos);
}

TEST(EngineStart, RefusesWhatIsNoAddress) {
  for (const auto* const host : {"", "example.org", "127.0.0.1:80", "300.1.1.1"}) {
    EngineOptions options;
    options.host = host;
    const auto engine = Engine::start(options, std::make_shared<TestService>(), {});
    ASSERT_FALSE(engine) << host;
    EXPECT_EQ(engine.error().code(), ErrorCode::invalid_input) << host;
  }
}

TEST(EngineStart, ListensWhereItIsTold) {
  for (const auto& [host, begins] :
       {std::pair("localhost", "127.0.0.1:"), std::pair("0.0.0.0", "0.0.0.0:"), std::pair("::", "[::]:")}) {
    EngineOptions options;
    options.host = host;
    EngineBed bed(options);
    EXPECT_EQ(bed.engine().address(), begins + std::to_string(bed.port()));
    const auto text = RawClient(bed.port()).ask("GET", "/echo").body;
    EXPECT_NE(text.find("from 127.0.0.1\n"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace engine_transfers_test
}  // namespace dray::server
