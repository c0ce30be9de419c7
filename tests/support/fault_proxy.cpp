#include "support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "support/shaped_link.hpp"

namespace dray::testing {
namespace {

using Clock = ShapedLink::Clock;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() { ::close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  void end_with_rst() const {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  int fd_;
};

sockaddr_in parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (colon == std::string::npos || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("not HOST:PORT with a numeric IPv4 host: " + text);
  }
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1))));
  return address;
}

int make_listener(const std::string& where) {
  sockaddr_in address = parse_address(where);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 1024) != 0) {
    const std::string words = std::strerror(errno);
    ::close(fd);
    throw std::runtime_error("cannot listen on " + where + ": " + words);
  }
  return fd;
}

int connect_to(const sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return fd;
}

void send_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

ShapedLink::Shape shape_of(const LineOptions& options) {
  return {options.bytes_per_second, options.one_way_delay, std::nullopt};
}

}  // namespace

struct FaultProxy::State {
  struct Connection {
    Connection(int client_fd, int server_fd, const LineOptions& options, std::optional<std::uint64_t> limit, bool cuts,
               Clock::time_point now)
        : client(client_fd),
          server(server_fd),
          up(client_fd, server_fd, shape_of(options), now + 2 * options.one_way_delay),
          down(server_fd, client_fd, {options.bytes_per_second, options.one_way_delay, limit}, now),
          ending(options.ending),
          cut_at_limit(cuts) {}

    Socket client;
    Socket server;
    ShapedLink up;
    ShapedLink down;
    Ending ending;
    bool cut_at_limit;
  };

  sockaddr_in target;
  Socket listener;
  Socket epoll{::epoll_create1(EPOLL_CLOEXEC)};
  Socket waker{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::uint16_t port = 0;
  std::map<int, std::unique_ptr<Connection>> connections;  // by the client's descriptor; the thread's own
  std::map<int, int> clients;                              // the server's descriptor to the client's
  std::atomic<bool> stopping = false;
  std::atomic<bool> dropping = false;

  mutable std::mutex mutex;
  LineOptions options;
  LineCounters counters;
  std::thread thread;

  State(const std::string& to, const std::string& listen) : target(parse_address(to)), listener(make_listener(listen)) {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port = ntohs(bound.sin_port);
  }

  void watch(int fd, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event);
  }
  void wake() const {
    const std::uint64_t one = 1;
    if (::write(waker.get(), &one, sizeof one) < 0 && errno != EAGAIN) throw std::runtime_error("cannot wake a proxy");
  }
  void loop();
  void handle(const epoll_event& event);
  void accept_all();
  void adopt(int client);
  int pump_all();
  bool pump(Connection& connection, Clock::time_point now);
  void count_closed() {
    const std::lock_guard lock(mutex);
    --counters.open_connections;
  }
  void drop_all();
};

void FaultProxy::State::loop() {
  watch(listener.get(), EPOLLIN);
  watch(waker.get(), EPOLLIN);
  std::array<epoll_event, 256> events{};
  int timeout = -1;
  while (!stopping) {
    const int count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)]);
    if (dropping.exchange(false)) drop_all();
    timeout = pump_all();
  }
  drop_all();
}

void FaultProxy::State::handle(const epoll_event& event) {
  const int fd = event.data.fd;
  if (fd == listener.get()) return accept_all();
  if (fd == waker.get()) {
    std::uint64_t ignored = 0;
    while (::read(fd, &ignored, sizeof ignored) > 0) {
    }
    return;
  }
  const auto server = clients.find(fd);
  const auto found = connections.find(server == clients.end() ? fd : server->second);
  if (found == connections.end()) return;
  ShapedLink& outgoing = server == clients.end() ? found->second->up : found->second->down;
  ShapedLink& incoming = server == clients.end() ? found->second->down : found->second->up;
  // An error or hang-up shows itself to whoever reads or writes next.
  if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) outgoing.source_is_readable();
  if ((event.events & ~std::uint32_t{EPOLLIN | EPOLLRDHUP}) != 0) incoming.target_is_writable();
}

void FaultProxy::State::accept_all() {
  while (true) {
    const int client = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    adopt(client);
  }
}

void FaultProxy::State::adopt(int client) {
  LineOptions now_valid;
  bool may_cut = false;
  {
    const std::lock_guard lock(mutex);
    ++counters.connections;
    ++counters.open_connections;
    now_valid = options;
    may_cut = options.cuts == 0 || counters.cuts < options.cuts;
  }
  const bool cuts = now_valid.cut_after.has_value() && may_cut;
  const int server = connect_to(target);
  send_at_once(client);
  send_at_once(server);
  connections.emplace(
      client, std::make_unique<Connection>(client, server, now_valid,
                                           cuts ? now_valid.cut_after : now_valid.stall_after, cuts, Clock::now()));
  clients[server] = client;
  constexpr std::uint32_t everything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  watch(client, everything);
  watch(server, everything);
}

int FaultProxy::State::pump_all() {
  const auto now = Clock::now();
  std::optional<Clock::time_point> wake;
  for (auto it = connections.begin(); it != connections.end();) {
    Connection& connection = *it->second;
    if (!pump(connection, now)) {
      clients.erase(connection.server.get());
      it = connections.erase(it);
      count_closed();
      continue;
    }
    for (const auto& next : {connection.up.next_wake(), connection.down.next_wake()}) {
      if (next) wake = wake ? std::min(*wake, *next) : *next;
    }
    ++it;
  }
  if (!wake) return -1;
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*wake - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

bool FaultProxy::State::pump(Connection& connection, Clock::time_point now) {
  // No socket blocks here. Under the lock, so that who has read bytes from the line finds them counted.
  const std::lock_guard lock(mutex);
  counters.up_bytes -= connection.up.written();
  counters.down_bytes -= connection.down.written();
  const auto up = connection.up.pump(now);
  const auto down = connection.down.pump(now);
  counters.up_bytes += connection.up.written();
  counters.down_bytes += connection.down.written();
  const bool cut = down == ShapedLink::State::limit && connection.cut_at_limit;
  if (cut) ++counters.cuts;
  using enum ShapedLink::State;
  if (cut || up == broken || down == broken) {
    connection.server.end_with_rst();
    if (!cut || connection.ending == Ending::rst) connection.client.end_with_rst();
    return false;
  }
  return up != ended || (down != ended && down != limit);
}

void FaultProxy::State::drop_all() {
  for (const auto& [fd, connection] : connections) {
    connection->client.end_with_rst();
    connection->server.end_with_rst();
  }
  connections.clear();
  clients.clear();
  const std::lock_guard lock(mutex);
  counters.open_connections = 0;
}

FaultProxy::FaultProxy(const std::string& to, LineOptions options, const std::string& listen)
    : state_(std::make_unique<State>(to, listen)) {
  state_->options = options;
  state_->thread = std::thread([state = state_.get()] { state->loop(); });
}

FaultProxy::~FaultProxy() {
  state_->stopping = true;
  state_->wake();
  state_->thread.join();
}

std::uint16_t FaultProxy::port() const { return state_->port; }
std::string FaultProxy::host_port() const { return "127.0.0.1:" + std::to_string(port()); }

LineCounters FaultProxy::counters() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counters;
}

void FaultProxy::set_options(const LineOptions& options) {
  const std::lock_guard lock(state_->mutex);
  state_->options = options;
}

void FaultProxy::drop_connections() {
  state_->dropping = true;
  state_->wake();
}

}  // namespace dray::testing
