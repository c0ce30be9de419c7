// flood HOST PORT CONNECTIONS SECONDS: opens so many connections to a server on this machine, half of which say nothing
// and half send a request's head a byte a second; replaces those that the server closes. Meanwhile asks `GET /v2/` over
// fresh connections, one after another. Prints: good requests, failed ones, p50 and p99 of their latency in
// milliseconds, connections opened.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view request = "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view slow_head =
    "GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

sockaddr_in address_of(const char* host, const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(port, nullptr, 10)));
  ::inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

int connect_to(const sockaddr_in& address, int flags) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) return -1;
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd, generic, sizeof address) == 0 || errno == EINPROGRESS) return fd;
  ::close(fd);
  return -1;
}

/// One request over a connection of its own; its milliseconds, or a negative number when it failed.
double ask(const sockaddr_in& address) {
  const auto started = Clock::now();
  const int fd = connect_to(address, 0);
  if (fd < 0) return -1;
  const timeval patience{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  bool good = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
  char answer[4096];
  std::string all;
  for (ssize_t count = 1; good && count > 0;) {
    count = ::recv(fd, answer, sizeof answer, 0);
    if (count > 0) all.append(answer, static_cast<std::size_t>(count));
    good = count >= 0;
  }
  ::close(fd);
  if (!good || !all.starts_with("HTTP/1.1 200")) return -1;
  return std::chrono::duration<double, std::milli>(Clock::now() - started).count();
}

struct Drip {
  int fd = -1;
  std::size_t sent = 0;
};

/// Keeps the connections open and dripping until `stop`; says how many were opened.
long flood(const sockaddr_in& address, std::size_t count, const std::atomic<bool>& stop) {
  std::vector<Drip> drips(count);
  long opened = 0;
  while (!stop) {
    const auto round = Clock::now();
    for (std::size_t i = 0; i < count && !stop; ++i) {
      auto& drip = drips[i];
      if (drip.fd >= 0) {
        char nothing = 0;
        const auto got = ::recv(drip.fd, &nothing, 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) || got > 0) {
          ::close(drip.fd);
          drip = {};
        }
      }
      if (drip.fd < 0) {
        drip.fd = connect_to(address, SOCK_NONBLOCK);
        opened += drip.fd >= 0 ? 1 : 0;
        continue;
      }
      if (i % 2 == 0 || drip.sent == slow_head.size()) continue;
      if (::send(drip.fd, slow_head.data() + drip.sent, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1) ++drip.sent;
    }
    std::this_thread::sleep_until(round + std::chrono::seconds(1));
  }
  for (const auto& drip : drips) {
    if (drip.fd >= 0) ::close(drip.fd);
  }
  return opened;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: flood HOST PORT CONNECTIONS SECONDS\n", stderr);
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const auto address = address_of(argv[1], argv[2]);
  const auto count = std::strtoul(argv[3], nullptr, 10);
  const auto end = Clock::now() + std::chrono::seconds(std::strtol(argv[4], nullptr, 10));
  std::atomic<bool> stop = false;
  long opened = 0;
  std::thread flooding([&] { opened = flood(address, count, stop); });
  std::vector<double> times;
  long failed = 0;
  while (Clock::now() < end) {
    const auto took = ask(address);
    if (took < 0) {
      ++failed;
    } else {
      times.push_back(took);
    }
    // A steady trickle of good requests: as fast as can be they would be a flood of their own.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  stop = true;
  flooding.join();
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times.empty() ? 0.0 : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf("good %zu failed %ld p50_ms %.2f p99_ms %.2f opened %ld\n", times.size(), failed, at(0.5), at(0.99),
              opened);
  return failed == 0 ? 0 : 1;
}
