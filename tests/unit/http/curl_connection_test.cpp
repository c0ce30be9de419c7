#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <dray/base/file.hpp>
#include <string>
#include <thread>
#include <vector>

#include "transport_fixture.hpp"

namespace dray::http {
namespace curl_connection_test {
namespace {

/// Listens on a loopback port and accepts nobody.
class SilentListener {
 public:
  explicit SilentListener(int queue) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(socket_.get(), generic(), sizeof(address_));
    listen(socket_.get(), queue);
    socklen_t size = sizeof(address_);
    getsockname(socket_.get(), generic(), &size);
  }
  std::uint16_t port() const { return ntohs(address_.sin_port); }

  /// Adds a connection to `waiting`; false when it does not come about within a tenth of a second.
  bool let_wait(std::vector<FileDescriptor>& waiting) const {
    FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    auto address = address_;
    connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    pollfd ready{client.get(), POLLOUT, 0};
    const bool came = poll(&ready, 1, 100) == 1;
    waiting.push_back(std::move(client));
    return came;
  }

 private:
  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address_); }

  FileDescriptor socket_;
  sockaddr_in address_{};
};

TEST_F(CurlTransportTest, UsesAConnectionAgain) {
  HttpServer server(answer(200, {}, pattern(100'000)));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get(server.origin() + "/"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, UsesConnectionsToSeveralOriginsAgain) {
  HttpServer a(answer(200, {}, "a"));
  HttpServer b(answer(200, {}, "b"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get(a.origin() + "/").value_or(""), "a");
    EXPECT_EQ(get(b.origin() + "/").value_or(""), "b");
  }
  EXPECT_EQ(a.connections(), 1);
  EXPECT_EQ(b.connections(), 1);
}

TEST_F(CurlTransportTest, UsesAConnectionAgainAfterAnswersWithoutBody) {
  HttpServer server(answer(204));
  // Kept alive, but never read.
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (int i = 0; i < 5; ++i) {
    auto exchange = send(request_to(server.origin() + "/"));
    ASSERT_TRUE(exchange);
    exchanges.push_back(*std::move(exchange));
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransportTest, ClosesTheConnectionOfADroppedExchange) {
  HttpServer server(answer(200, {}, std::string(8'000'000, 'x')));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(request_to(server.origin() + "/")));
  EXPECT_EQ(server.connections(), 3);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (server.open_connections() > 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(server.open_connections(), 0);
}

TEST_F(CurlTransportTest, RunsExchangesSideBySide) {
  HttpServer server(answer(200, {}, pattern(3'000'000)));
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (int i = 0; i < 4; ++i) {
    auto exchange = send(request_to(server.origin() + "/"));
    ASSERT_TRUE(exchange);
    exchanges.push_back(*std::move(exchange));
  }
  for (const auto& exchange : exchanges) EXPECT_TRUE(read_all(*exchange, 3'000'000).value_or("") == pattern(3'000'000));
  EXPECT_EQ(server.connections(), 4);
}

TEST_F(CurlTransportTest, IsSafeFromManyThreads) {
  HttpServer server(answer(200, {}, pattern(100'000)));
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 20; ++j) {
          if (get(server.origin() + "/").value_or("") == pattern(100'000)) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 160);
  EXPECT_LE(server.connections(), 8);
}

TEST_F(CurlTransportTest, GetsOverAConnectionThatTheServerClosed) {
  dray::testing::ServerOptions options;
  options.answers_per_connection = 1;
  HttpServer server(answer(200, {}, "x"), options);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(server.origin() + "/").value_or(""), "x");
}

TEST_F(CurlTransportTest, SendsABodyAgainOverAConnectionThatTheServerClosed) {
  dray::testing::ServerOptions options;
  options.answers_per_connection = 1;
  HttpServer server([](const ServerRequest& request, Responder& responder) { responder.send(200, {}, request.body); },
                    options);
  for (int i = 0; i < 5; ++i) {
    auto request = request_to(server.origin() + "/", Method::put);
    request.body = text_body("content");
    const auto exchange = send(request);
    ASSERT_TRUE(exchange) << exchange.error().message();
    EXPECT_EQ(read_all(**exchange, 100).value_or(""), "content");
  }
}

TEST_F(CurlTransportTest, AnExchangeOutlivesItsTransport) {
  HttpServer server(answer(200, {}, pattern(1'000'000)));
  auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  transport.reset();
  EXPECT_TRUE(read_all(**exchange, 1'000'000).value_or("") == pattern(1'000'000));
}

TEST_F(CurlTransportTest, NamesAPortThatRefuses) {
  HttpServer server(answer(200));
  const auto url = server.origin() + "/";
  server.stop();
  const auto got = get(url);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
  EXPECT_NE(got.error().message().find("Connection refused"), std::string::npos) << got.error().message();
}

TEST_F(CurlTransportTest, NamesAHostThatDoesNotResolve) {
  const auto got = get("http://no-such-host.invalid/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::unavailable);
  EXPECT_NE(got.error().message().find("could not resolve host no-such-host.invalid"), std::string::npos);
}

TEST_F(CurlTransportTest, NeverShowsASecretInAnError) {
  HttpServer server([](const ServerRequest&, Responder& responder) { responder.close(); });
  auto request = request_to(server.origin() + "/?sig=marked");
  request.headers.add("Authorization", "Bearer marked");
  const auto sent = send(request);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message().find("marked"), std::string::npos) << sent.error().message();
}

// Addresses

TEST_F(CurlTransportTest, DeniesLoopbackToAPublicRequest) {
  HttpServer server(answer(200));
  for (const auto rule : {AddressRule::public_only, AddressRule::routed, AddressRule::not_loopback}) {
    for (const auto* const host : {"127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
      auto request = request_to("http://" + std::string(host) + ":" + std::to_string(server.port()) + "/");
      request.addresses = rule;
      const auto sent = send(request);
      ASSERT_FALSE(sent) << host;
      EXPECT_EQ(sent.error().code(), ErrorCode::denied) << sent.error().message();
      EXPECT_NE(sent.error().message().find("--allow-private"), std::string::npos);
    }
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(CurlTransportTest, JudgesAConnectionThatIsUsedAgain) {
  HttpServer server(answer(200, {}, "x"));
  ASSERT_TRUE(get(server.origin() + "/"));
  auto request = request_to(server.origin() + "/");
  request.addresses = AddressRule::public_only;
  const auto sent = send(request);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::denied) << sent.error().message();
  EXPECT_EQ(server.request_count(), 1U);
  // The lane is good for what is allowed.
  EXPECT_EQ(get(server.origin() + "/").value_or(""), "x");
}

// Deadlines and stopping

TEST_F(CurlTransportTest, GivesUpOnASilentServer) {
  shorten(&CurlOptions::first_byte_deadline);
  HttpServer server([](const ServerRequest&, Responder& responder) { responder.stall(); });
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::timed_out);
  EXPECT_NE(got.error().message().find("no answer within 300 ms"), std::string::npos) << got.error().message();
}

TEST_F(CurlTransportTest, GivesUpOnAStalledAnswer) {
  shorten(&CurlOptions::stall_deadline);
  Delivery how;
  how.stall_after = 100'000;
  HttpServer server(answer(200, {}, pattern(200'000), how));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  const auto got = read_all(**exchange, 200'000);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::timed_out);
  EXPECT_NE(got.error().message().find("the answer stalled"), std::string::npos) << got.error().message();
}

TEST_F(CurlTransportTest, GivesUpOnADrip) {
  shorten(&CurlOptions::stall_deadline);
  Delivery how;
  how.bytes_per_second = 100;
  HttpServer server(answer(200, {}, pattern(200'000), how));
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::timed_out);
}

TEST_F(CurlTransportTest, GivesUpOnATlsHandshakeThatNeverComes) {
  shorten(&CurlOptions::tls_deadline);
  const SilentListener listener(8);
  const auto got = get("https://127.0.0.1:" + std::to_string(listener.port()) + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::timed_out);
  EXPECT_NE(got.error().message().find("no secure connection within 300 ms"), std::string::npos)
      << got.error().message();
}

TEST_F(CurlTransportTest, GivesUpOnAConnectionThatNeverComes) {
  shorten(&CurlOptions::connect_deadline);
  const SilentListener listener(0);
  // Fills the queue of connections that wait to be accepted; from then on the system answers nobody.
  std::vector<FileDescriptor> waiting;
  while (waiting.size() < 32 && listener.let_wait(waiting)) continue;
  if (waiting.size() == 32) GTEST_SKIP() << "this system's queue has no end";
  const auto got = get("http://127.0.0.1:" + std::to_string(listener.port()) + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::timed_out);
  EXPECT_NE(got.error().message().find("no connection within 300 ms"), std::string::npos) << got.error().message();
}

TEST_F(CurlTransportTest, CountsNoTimeThatTheReaderSpends) {
  shorten(&CurlOptions::stall_deadline, milliseconds(1000));
  HttpServer server(answer(200, {}, pattern(8'000'000)));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  std::this_thread::sleep_for(milliseconds(1200));  // the reader is busy for longer than the deadline
  EXPECT_TRUE(read_all(**exchange, 8'000'000).value_or("") == pattern(8'000'000));
}

TEST_F(CurlTransportTest, StopsAtOnceBeforeTheAnswer) {
  HttpServer server([](const ServerRequest&, Responder& responder) { responder.stall(); });
  std::jthread stopper([&] {
    ASSERT_TRUE(server.wait_for_requests(1));
    stop.request_stop();
  });
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::cancelled);
}

TEST_F(CurlTransportTest, StopsAtOnceInTheMiddleOfABody) {
  Delivery how;
  how.stall_after = 1000;
  HttpServer server(answer(200, {}, pattern(200'000), how));
  const auto exchange = send(request_to(server.origin() + "/"));
  ASSERT_TRUE(exchange);
  std::array<std::byte, 1000> buffer{};
  ASSERT_TRUE(read_exactly(**exchange, buffer));
  std::jthread stopper([&] { stop.request_stop(); });
  const auto count = (*exchange)->read(buffer);
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().code(), ErrorCode::cancelled);
}

TEST_F(CurlTransportTest, SendsNothingOnceStopped) {
  HttpServer server(answer(200));
  stop.request_stop();
  const auto got = get(server.origin() + "/");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace curl_connection_test
}  // namespace dray::http
