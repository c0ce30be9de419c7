#include "support/fault_proxy.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.hpp"
#include "support/subprocess.hpp"

namespace dray::testing {
namespace fault_proxy_test {
namespace {

constexpr std::size_t body_bytes = 1'000'000;

void send_body(const ServerRequest&, Responder& responder) { responder.send(200, {}, std::string(body_bytes, 'x')); }

std::chrono::milliseconds time_of(const FaultProxy& proxy) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask_once("GET", "http://" + proxy.host_port()).body.size(), body_bytes);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

TEST(FaultProxy, PassesAndCountsBothDirections) {
  HttpServer server([](const ServerRequest& request, Responder& responder) { responder.send(200, {}, request.body); });
  const FaultProxy proxy(server.host_port());
  RawClient client(proxy.port());
  const std::string body(500'000, 'b');
  EXPECT_EQ(client.ask("PUT", "/", {}, body).body, body);
  const LineCounters counters = proxy.counters();
  EXPECT_EQ(counters.connections, 1);
  EXPECT_GT(counters.up_bytes, body.size());
  EXPECT_LT(counters.up_bytes, body.size() + 200);
  EXPECT_GT(counters.down_bytes, body.size());
}

TEST(FaultProxy, CutsAfterExactlySoManyBytes) {
  HttpServer server(send_body);
  LineOptions line;
  line.cut_after = 400'000;
  line.cuts = 1;
  const FaultProxy proxy(server.host_port(), line);
  RawClient client(proxy.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read_to_end().size(), 400'000U);
  EXPECT_EQ(proxy.counters().down_bytes, 400'000U);
  EXPECT_EQ(ask_once("GET", "http://" + proxy.host_port()).body.size(), body_bytes) << "only one was to be cut";
  EXPECT_EQ(proxy.counters().cuts, 1);
}

TEST(FaultProxy, DelaysEachDirectionAndTheHandshake) {
  HttpServer server(send_body);
  LineOptions line;
  line.one_way_delay = std::chrono::milliseconds(25);
  const FaultProxy proxy(server.host_port(), line);
  EXPECT_GE(time_of(proxy).count(), 100) << "a handshake and a request are two round trips of 50 ms";
}

TEST(FaultProxy, HoldsItsRateHoweverLongTheLine) {
  HttpServer server(send_body);
  LineOptions line;
  line.bytes_per_second = 5'000'000;
  line.one_way_delay = std::chrono::milliseconds(25);
  const FaultProxy proxy(server.host_port(), line);
  std::vector<std::chrono::milliseconds> times(4);
  {
    std::vector<std::jthread> threads;
    for (auto& time : times) threads.emplace_back([&] { time = time_of(proxy); });
  }
  for (const auto& time : times) EXPECT_GE(time.count(), 300) << "1 MB at 5 MB/s and two round trips";
}

TEST(FaultProxy, StallsAndDropsConnections) {
  HttpServer server(send_body);
  LineOptions line;
  line.stall_after = 1000;
  FaultProxy proxy(server.host_port(), line);
  RawClient client(proxy.port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(server.wait_for_requests(1));
  std::jthread dropper([&] {
    while (proxy.counters().down_bytes < 1000) std::this_thread::yield();
    proxy.drop_connections();
  });
  EXPECT_EQ(client.read_to_end().size(), 1000U);
  EXPECT_TRUE(client.was_reset());
}

TEST(FaultProxy, RefusesWhenNobodyListensBehindIt) {
  std::string gone;
  {
    HttpServer server(send_body);
    gone = server.host_port();
  }
  const FaultProxy proxy(gone);
  RawClient client(proxy.port());
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(FaultProxy, RunsAsProgram) {
  HttpServer server(send_body);
  Process program({{DRAY_PROXY_PROGRAM, "--to", server.host_port(), "--rtt-ms", "10", "--cut-bytes", "500"}});
  ASSERT_TRUE(program.wait_for_output("\n"));
  RawClient client(static_cast<std::uint16_t>(std::stoi(program.out().substr(program.out().find(':') + 1))));
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.read_to_end().size(), 500U);
  program.kill(SIGTERM);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(outcome.out.ends_with("{\"connections\":1,\"cuts\":1,\"up_bytes\":18,\"down_bytes\":500}\n"))
      << outcome.out;
}

}  // namespace
}  // namespace fault_proxy_test
}  // namespace dray::testing
