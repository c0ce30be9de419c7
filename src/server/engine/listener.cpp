#include "engine/listener.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <dray/server/limits.hpp>
#include <utility>

namespace dray::server::engine {
namespace {

using boost::asio::ip::tcp;
using ErrorCodeOf = boost::system::error_code;

constexpr int backlog = 4096;
/// Connections taken at a time, so that those that are there have their turn.
constexpr int max_accepts = 64;
/// How long nothing is accepted when descriptors or memory are short.
constexpr std::chrono::milliseconds shortage_pause{100};

std::string text_of(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

std::string text_of(const tcp::endpoint& endpoint) {
  const auto host = endpoint.address().to_string();
  const auto port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace

Listener::Listener(Shared& shared, std::size_t max_connections, std::vector<std::unique_ptr<Loop>>& loops)
    : shared_(shared),
      loops_(loops),
      acceptor_(loops.front()->context()),
      timer_(loops.front()->context()),
      max_connections_(max_connections) {}

Result<std::unique_ptr<Listener>> Listener::open(Shared& shared, const std::string& host, std::uint16_t port,
                                                 std::size_t max_connections,
                                                 std::vector<std::unique_ptr<Loop>>& loops) {
  auto listener = std::make_unique<Listener>(shared, max_connections, loops);
  DRAY_TRY(listener->listen(host, port));
  return listener;
}

Result<void> Listener::listen(const std::string& host, std::uint16_t port) {
  ErrorCodeOf ec;
  const auto address = boost::asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
  if (ec) return Error(ErrorCode::invalid_input, "cannot listen on '" + host + "': it is no address");
  endpoint_ = tcp::endpoint(address, port);
  acceptor_.open(endpoint_.protocol(), ec);
  if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && address.is_v6()) acceptor_.set_option(boost::asio::ip::v6_only(false), ec);
  if (!ec) acceptor_.bind(endpoint_, ec);
  if (!ec) acceptor_.listen(backlog, ec);
  if (!ec) acceptor_.native_non_blocking(true, ec);
  if (ec) return errno_error("listen on " + text_of(endpoint_), ec.value());
  endpoint_ = acceptor_.local_endpoint(ec);
  return {};
}

std::string Listener::address() const { return text_of(endpoint_); }

void Listener::start() { wait(); }

void Listener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const ErrorCodeOf& ec) {
    if (!ec) accept_some();
  });
}

void Listener::accept_some() {
  for (int accepted = 0; accepted < max_accepts; ++accepted) {
    tcp::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    const int socket = ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause();
        return;
      }
      if (errno == EAGAIN) break;
      continue;  // that connection is gone already
    }
    peer.resize(size);
    take(socket, peer);
  }
  wait();
}

void Listener::pause() {
  timer_.expires_after(shortage_pause);
  timer_.async_wait([this](const ErrorCodeOf& ec) {
    if (!ec) accept_some();
  });
}

void Listener::take(int socket, const tcp::endpoint& peer) {
  FileDescriptor owned(socket);
  auto& counters = shared_.counters;
  const auto now = counters.connections_now.load();
  const bool extra = now >= max_connections_;
  ++counters.connections_accepted;
  if (extra) {
    ++counters.connections_refused;
    if (shared_.live.count() >= now + limits::max_refused_connections) return;
  }
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  loops_[next_]->adopt({Seat(shared_, extra), std::move(owned), text_of(peer.address())});
  next_ = (next_ + 1) % loops_.size();
}

void Listener::close() {
  ErrorCodeOf ignored;
  acceptor_.close(ignored);
  timer_.cancel();
}

}  // namespace dray::server::engine
