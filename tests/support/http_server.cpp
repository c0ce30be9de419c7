#include "support/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "support/request_reader.hpp"
#include "support/wire.hpp"

namespace dray::testing {
namespace {

struct ContextFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextFree>;

TlsContext make_context(const CertificateFiles& files, const ServerOptions& options) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::runtime_error("openssl has no memory left");
  const bool is_weak = options.flaw == CertificateFlaw::weak_key || options.flaw == CertificateFlaw::sha1;
  if (options.max_tls_version != 0 || is_weak) {
    SSL_CTX_set_security_level(context.get(), 0);  // else it would refuse by itself what a client has to refuse
    SSL_CTX_set_min_proto_version(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), options.max_tls_version);
  }
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("openssl cannot use the test certificate");
  }
  if (options.client_certificates != ServerOptions::ClientCertificates::ignored) {
    const bool required = options.client_certificates == ServerOptions::ClientCertificates::required;
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    // Else a session that is taken up again could not be told from one of another context.
    SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("dray"), 4);
    if (SSL_CTX_load_verify_file(context.get(), options.authority->ca_file().c_str()) != 1) {
      throw std::runtime_error("openssl cannot use the test authority");
    }
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

struct Listener {
  int fd = -1;
  std::uint16_t port = 0;
};

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

sockaddr_storage make_address(const std::string& text, socklen_t& size) {
  sockaddr_storage storage{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&storage, &v4, size = sizeof v4);
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    std::memcpy(&storage, &v6, size = sizeof v6);
  } else {
    throw std::runtime_error("not a numeric address: " + text);
  }
  return storage;
}

Listener listen_on(const std::string& text) {
  socklen_t size = 0;
  sockaddr_storage address = make_address(text, size);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int fd = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("cannot make a socket");
  if (::bind(fd, raw, size) != 0 || ::listen(fd, 1024) != 0 || ::getsockname(fd, raw, &size) != 0) {
    ::close(fd);
    fail("cannot listen on " + text);
  }
  // The port lies at the same place in both families.
  sockaddr_in bound{};
  std::memcpy(&bound, &address, sizeof bound);
  return {fd, ntohs(bound.sin_port)};
}

// OpenSSL writes with write(2), which raises SIGPIPE when the peer is gone.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct HttpServer::State {
  struct Connection {
    std::thread thread;
    std::unique_ptr<Wire> wire;
    bool done = false;
  };

  Handler handler;
  ServerOptions options;
  TlsContext context;
  StopSignal stop;
  Listener listener;
  std::thread acceptor;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  std::vector<ServerRequest> requests;
  std::list<Connection> connections;
  int accepted = 0;
  int in_flight = 0;
  int peak_in_flight = 0;
  int malformed = 0;
  std::atomic<std::uint64_t> body_bytes_sent = 0;

  void accept_loop();
  void adopt(int fd);
  void reap();
  void serve(Connection& connection, int number);
  bool serve_one(RequestReader& reader, Wire& wire, int number);
  void refuse(Wire& wire, int status);
  void record(const ServerRequest& request);
  void answer(const ServerRequest& request, Responder& responder);
};

void HttpServer::State::accept_loop() {
  std::array<pollfd, 2> entries{pollfd{listener.fd, POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
  while (true) {
    if (::poll(entries.data(), entries.size(), -1) < 0 && errno != EINTR) return;
    if (entries[1].revents != 0) return;
    const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) adopt(fd);
  }
}

void HttpServer::State::adopt(int fd) {
  reap();
  const std::lock_guard lock(mutex);
  Connection& connection = connections.emplace_back();
  connection.wire = std::make_unique<Wire>(fd, context.get(), stop);
  connection.thread = std::thread([this, &connection, number = ++accepted] { serve(connection, number); });
}

void HttpServer::State::reap() {
  std::list<Connection> finished;
  {
    const std::lock_guard lock(mutex);
    for (auto it = connections.begin(); it != connections.end();) {
      const auto next = std::next(it);
      if (it->done) finished.splice(finished.end(), connections, it);
      it = next;
    }
  }
  for (Connection& connection : finished) connection.thread.join();
}

void HttpServer::State::serve(Connection& connection, int number) {
  block_sigpipe();
  Wire& wire = *connection.wire;
  if (wire.handshake()) {
    RequestReader reader(wire, options.max_body_bytes);
    for (int answers = 1; serve_one(reader, wire, number) && answers != options.answers_per_connection; ++answers) {
    }
  } else {
    wire.finish();  // what the client has sent meanwhile would else reset the connection before it reads our alert
  }
  const std::lock_guard lock(mutex);
  connection.wire.reset();
  connection.done = true;
  changed.notify_all();
}

bool HttpServer::State::serve_one(RequestReader& reader, Wire& wire, int number) {
  ServerRequest request;
  switch (reader.next(request)) {
    case RequestReader::Outcome::ended:
      return false;
    case RequestReader::Outcome::malformed:
      refuse(wire, 400);
      return false;
    case RequestReader::Outcome::too_large:
      refuse(wire, 413);
      return false;
    case RequestReader::Outcome::request:
      break;
  }
  request.connection = number;
  request.time = std::chrono::steady_clock::now();
  request.client_certificate = wire.shown_certificate();
  record(request);
  Responder responder(wire, request, body_bytes_sent);
  answer(request, responder);
  return responder.keeps_alive() && !same_ignoring_case(request.headers.get("Connection"), "close");
}

void HttpServer::State::refuse(Wire& wire, int status) {
  {
    const std::lock_guard lock(mutex);
    ++malformed;
  }
  Responder(wire, {}, body_bytes_sent).send(status, {{"Connection", "close"}});
}

void HttpServer::State::record(const ServerRequest& request) {
  ServerRequest kept{
      request.method,    request.target,     request.headers, request.body.substr(0, options.recorded_body_bytes),
      request.body_size, request.connection, request.time,    request.client_certificate};
  const std::lock_guard lock(mutex);
  requests.push_back(std::move(kept));
  peak_in_flight = std::max(peak_in_flight, ++in_flight);
  changed.notify_all();
}

void HttpServer::State::answer(const ServerRequest& request, Responder& responder) {
  try {
    handler(request, responder);
  } catch (const std::exception& error) {
    responder.send(500, {{"Connection", "close"}}, error.what());
  }
  const std::lock_guard lock(mutex);
  --in_flight;
}

HttpServer::HttpServer(Handler handler, ServerOptions options) : state_(std::make_unique<State>()) {
  state_->handler = std::move(handler);
  state_->options = std::move(options);
  if (state_->options.tls) {
    if (!state_->options.authority) state_->options.authority = std::make_shared<TlsAuthority>();
    state_->context = make_context(state_->options.authority->issue(state_->options.flaw), state_->options);
  }
  state_->listener = listen_on(state_->options.address);
  state_->acceptor = std::thread([state = state_.get()] { state->accept_loop(); });
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::stop() {
  if (!state_->acceptor.joinable()) return;
  state_->stop.raise();
  state_->acceptor.join();
  ::close(state_->listener.fd);
  for (State::Connection& connection : state_->connections) connection.thread.join();
  const std::lock_guard lock(state_->mutex);
  state_->connections.clear();
}

std::string HttpServer::origin() const { return (state_->options.tls ? "https://" : "http://") + host_port(); }

std::string HttpServer::host_port() const {
  const auto& options = state_->options;
  std::string host = options.host.empty() ? options.address : options.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return host + ":" + std::to_string(port());
}

std::uint16_t HttpServer::port() const { return state_->listener.port; }

std::string HttpServer::ca_file() const {
  return state_->options.authority ? state_->options.authority->ca_file().string() : "";
}

std::vector<ServerRequest> HttpServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::size_t HttpServer::request_count() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests.size();
}

std::size_t HttpServer::count(std::string_view method, std::string_view path) const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(
      std::count_if(state_->requests.begin(), state_->requests.end(), [&](const ServerRequest& request) {
        return (method.empty() || request.method == method) && request.path() == path;
      }));
}

bool HttpServer::wait_for_requests(std::size_t count, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, deadline, [&] { return state_->requests.size() >= count; });
}

void HttpServer::forget_requests() {
  const std::lock_guard lock(state_->mutex);
  state_->requests.clear();
}

int HttpServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return state_->accepted;
}

int HttpServer::open_connections() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<int>(std::count_if(state_->connections.begin(), state_->connections.end(),
                                        [](const State::Connection& connection) { return !connection.done; }));
}

int HttpServer::peak_in_flight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->peak_in_flight;
}

std::uint64_t HttpServer::body_bytes_sent() const { return state_->body_bytes_sent; }

int HttpServer::malformed_requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->malformed;
}

void HttpServer::drop_connections() {
  const std::lock_guard lock(state_->mutex);
  for (const State::Connection& connection : state_->connections) {
    if (!connection.done) connection.wire->shut_down();
  }
}

}  // namespace dray::testing
