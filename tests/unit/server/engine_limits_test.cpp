#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <dray/base/file.hpp>
#include <dray/server/limits.hpp>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine_fixture.hpp"
#include "support/hashing.hpp"

namespace dray::server {
namespace engine_limits_test {
namespace {

using std::chrono::milliseconds;
using testing::RawClient;

/// Deadlines that a test can wait for.
engine::Tuning quick() {
  engine::Tuning tuning;
  tuning.head_deadline = milliseconds{40};
  tuning.idle_deadline = milliseconds{40};
  tuning.stall_deadline = milliseconds{40};
  tuning.linger_deadline = milliseconds{40};
  tuning.sweep_interval = milliseconds{10};
  return tuning;
}

// ---- deadlines: S-14

TEST(S14Deadlines, CutAHeadThatDoesNotEnd) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  client.send("GET /text HTTP/1.1\r\nHo");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST(S14Deadlines, CutAHeadThatDrips) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  client.send("GET /text HTTP/1.1\r\nX-A: ");
  const bool ended = eventually([&] {
    try {
      client.send("x");
    } catch (const std::exception&) {
      return true;  // the connection is gone
    }
    return bed.engine().counts().deadlines_passed == 1;
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST(S14Deadlines, CutAClientThatNeverSpeaks) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST(S14Deadlines, EndAnIdleConnectionInSilence) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  EXPECT_EQ(client.ask("GET", "/text").status, 200);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_FALSE(client.was_reset());
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 0U);
}

TEST(S14Deadlines, CutABodyThatStopsAndLeaveWhatCameWithItsTaker) {
  EngineBed bed({}, quick());
  for (const auto* const framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    RawClient client(bed.port());
    client.send("PUT /sum HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n7\r\nabcdefg\r\n");
    EXPECT_EQ(client.read_answer().status, 408) << framing;
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_TRUE(eventually([&] { return bed.service().takers.destroyed == 2; }));
  EXPECT_EQ(bed.service().takers.unfinished, 2);
  EXPECT_EQ(bed.service().takers.bytes, 12U + 7U);
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 2U);
}

TEST(S14Deadlines, CutABodyThatIsSlowerThanItMayBe) {
  auto tuning = quick();
  tuning.min_bytes_per_second = 1'000'000;
  EngineBed bed({}, tuning);
  RawClient client(bed.port());
  client.send("PUT /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_TRUE(eventually([&] {
    try {
      client.send("x");
    } catch (const std::exception&) {
      return true;
    }
    return bed.engine().counts().deadlines_passed == 1;
  }));
  EXPECT_TRUE(eventually([&] { return bed.service().takers.unfinished == 1; }));
}

TEST(S14Deadlines, CutAClientThatDoesNotTakeItsAnswer) {
  EngineBed bed({}, quick());
  std::size_t cut = 0;
  for (const auto* const target : {"/big?n=30000000", "/file?n=30000000", "/stream?n=30000000"}) {
    RawClient client(bed.port());
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto served = bed.wait_for_served(++cut);
    EXPECT_FALSE(served.back().complete) << target;
    EXPECT_EQ(bed.engine().counts().deadlines_passed, cut);
  }
}

TEST(S14Deadlines, CutABodyNobodyWantsThatStops) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  client.send("PUT /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_EQ(client.read_answer().status, 401);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(bed.engine().counts().deadlines_passed, 1U);
}

TEST(S14Deadlines, CutAClientThatGoesOnTalkingBehindTheEnd) {
  EngineBed bed({}, quick());
  RawClient client(bed.port());
  client.send("nonsense\n");
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(eventually([&] {
    try {
      client.send("more");
    } catch (const std::exception&) {
      return true;
    }
    return false;
  }));
}

TEST(S14Deadlines, DoNotCountWhatAWorkerTakes) {
  EngineBed bed({}, quick());
  RawClient other(bed.port());
  RawClient client(bed.port());
  client.send("PUT /held HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  RawClient asking(bed.port());
  asking.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.read_to_end(), "");  // ends by its own deadline, as late as theirs would
  bed.service().gate.open();
  EXPECT_EQ(client.read_answer().status, 201);
  EXPECT_EQ(asking.read_answer().status, 201);
}

TEST(S14Deadlines, ASlowReaderThatKeepsReadingGetsItAll) {
  auto tuning = quick();
  tuning.stall_deadline = milliseconds{400};
  EngineBed bed({}, tuning);
  RawClient client(bed.port());
  const auto answer = client.ask("GET", "/file?n=20000000");
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(answer.body == pattern(20'000'000));
}

// ---- many

/// Lets the process have as many descriptors as it may.
void allow_descriptors() {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST(EngineMany, AThousandConnectionsStayAndAreServed) {
  allow_descriptors();
  EngineBed bed;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(std::make_unique<RawClient>(bed.port()));
  for (int round = 0; round < 3; ++round) {
    for (auto& client : clients) client->send("GET /echo?a=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    for (auto& client : clients) EXPECT_EQ(client->read_answer().status, 200);
  }
  EXPECT_EQ(bed.engine().counts().connections_now, 1000U);
  EXPECT_EQ(bed.engine().counts().connections_accepted, 1000U);
  clients.clear();
  EXPECT_TRUE(eventually([&] { return bed.engine().counts().connections_now == 0; }));
}

TEST(S14Deadlines, DrippingClientsHoldNobodyUp) {
  allow_descriptors();
  EngineOptions options;
  options.workers = 2;
  EngineBed bed(options);
  std::vector<std::unique_ptr<RawClient>> drips;
  for (int i = 0; i < 300; ++i) {
    drips.push_back(std::make_unique<RawClient>(bed.port()));
    drips.back()->send(i % 2 == 0 ? "GET /text HTTP/1.1\r\nHo"
                                  : "PUT /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  }
  // Each upload's bytes were taken, and no worker and no buffer waits for the rest.
  EXPECT_TRUE(eventually([&] { return bed.service().takers.bytes == 450; }));
  RawClient client(bed.port());
  const auto body = pattern(3'000'000);
  EXPECT_EQ(client.ask("PUT", "/sum", {}, body).body, std::to_string(body.size()) + " " + testing::digest_of(body));
  EXPECT_EQ(client.ask("GET", "/text").body, "hello");
  for (std::size_t i = 1; i < drips.size(); i += 2) {
    drips[i]->send(std::string(997, 'x'));
    EXPECT_EQ(drips[i]->read_answer().status, 201);
  }
}

TEST(EngineMany, UploadsShareTheBuffersThatThereAre) {
  EngineOptions options;
  options.loops = 1;
  options.workers = 4;
  EngineBed bed(options);
  const auto body = pattern(2'000'000);
  const auto expected = std::to_string(body.size()) + " " + testing::digest_of(body);
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < limits::max_transfer_buffers + 20; ++i) {
    threads.emplace_back([&] {
      RawClient client(bed.port());
      if (client.ask("PUT", "/sum", {}, body).body == expected) ++right;
    });
  }
  threads.clear();
  EXPECT_EQ(right, static_cast<int>(limits::max_transfer_buffers) + 20);
}

// ---- too many

TEST(EngineOverload, ConnectionsOverTheLimitAreToldToComeBack) {
  EngineOptions options;
  options.max_connections = 2;
  EngineBed bed(options);
  auto first = std::make_unique<RawClient>(bed.port());
  EXPECT_EQ(first->ask("GET", "/text").status, 200);
  RawClient second(bed.port());
  EXPECT_EQ(second.ask("GET", "/text").status, 200);
  RawClient third(bed.port());
  const auto answer = third.ask("GET", "/text");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.headers.has("Retry-After"));
  EXPECT_EQ(answer.headers.get("Connection"), "close");
  EXPECT_EQ(third.read_to_end(), "");
  EXPECT_EQ(bed.engine().counts().connections_refused, 1U);
  first.reset();
  EXPECT_TRUE(eventually([&] { return bed.engine().counts().connections_now == 1; }));
  EXPECT_EQ(RawClient(bed.port()).ask("GET", "/text").status, 200);
}

TEST(EngineOverload, RequestsOverTheQueueAreToldToComeBack) {
  EngineOptions options;
  options.loops = 1;
  options.workers = 1;
  engine::Tuning tuning;
  tuning.max_waiting_jobs = 1;
  EngineBed bed(options, tuning);
  RawClient busy(bed.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return bed.service().gate.waiting() == 1; }));
  RawClient waiting(bed.port());
  waiting.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return bed.service().handled == 2; }));
  for (const auto* const request :
       {"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", "GET /stream?n=10 HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT /sum HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"}) {
    RawClient refused(bed.port());
    refused.send(request);
    const auto answer = refused.read_answer();
    EXPECT_EQ(answer.status, 503) << request;
    EXPECT_TRUE(answer.headers.has("Retry-After"));
    EXPECT_EQ(refused.read_to_end(), "");
  }
  EXPECT_EQ(RawClient(bed.port()).ask("GET", "/text").status, 200) << "what needs no worker is served";
  bed.service().gate.open();
  EXPECT_EQ(busy.read_answer().status, 201);
  EXPECT_EQ(waiting.read_answer().status, 201);
}

/// Opens descriptors until there are no more; closes them at its end.
class DescriptorShortage {
 public:
  DescriptorShortage() {
    for (;;) {
      FileDescriptor one(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      if (!one) return;
      held_.push_back(std::move(one));
    }
  }
  void release(std::size_t count) { held_.resize(held_.size() - count); }
  void release_all() { held_.clear(); }

 private:
  std::vector<FileDescriptor> held_;
};

TEST(EngineOverload, ServesAgainOnceThereAreDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 256;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  {
    EngineBed bed;
    EXPECT_EQ(RawClient(bed.port()).ask("GET", "/text").status, 200);
    ASSERT_TRUE(eventually([&] { return bed.engine().counts().connections_now == 0; }));
    DescriptorShortage shortage;
    shortage.release(1);
    RawClient client(bed.port());  // takes the last; the server has none to accept it with
    client.send("GET /text HTTP/1.1\r\nHost: a\r\n\r\n");
    shortage.release_all();
    EXPECT_EQ(client.read_answer().body, "hello");
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace engine_limits_test
}  // namespace dray::server
