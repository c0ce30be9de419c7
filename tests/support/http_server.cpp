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

#include "support/wire.hpp"

namespace dray::testing {
namespace {

constexpr std::size_t max_head_bytes = 256 * 1024;
constexpr std::size_t read_bytes_at_once = 64 * 1024;
constexpr std::size_t write_bytes_at_once = 1024 * 1024;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unnamed";
  }
}

bool has_no_body(int status) { return status == 204 || status == 304 || (status >= 100 && status < 200); }

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Reads requests from a wire, byte for byte as strict as RFC 9112 section 2 to 7.
class RequestReader {
 public:
  enum class Outcome : std::uint8_t { request, ended, malformed, too_large };

  RequestReader(Wire& wire, std::size_t max_body) : wire_(wire), max_body_(max_body) {}

  Outcome next(ServerRequest& request) {
    const auto head = read_until("\r\n\r\n", max_head_bytes);
    if (!head) return buffer_.empty() ? Outcome::ended : Outcome::malformed;
    auto parsed = parse_head(*head);
    if (!parsed) return Outcome::malformed;
    request = std::move(*parsed);
    return read_body(request);
  }

 private:
  Outcome read_body(ServerRequest& request) {
    const auto lengths = request.headers.all("Content-Length");
    const auto codings = request.headers.all("Transfer-Encoding");
    if (lengths.size() + codings.size() > 1) return Outcome::malformed;
    if (lengths.empty() && codings.empty()) return Outcome::request;
    if (same_ignoring_case(request.headers.get("Expect"), "100-continue") &&
        !wire_.write("HTTP/1.1 100 Continue\r\n\r\n")) {
      return Outcome::ended;
    }
    const Outcome outcome = lengths.empty() ? read_chunks(codings.front(), request.body)
                                            : read_sized(parse_number(lengths.front(), 10), request.body);
    request.body_size = request.body.size();
    return outcome;
  }

  Outcome read_sized(std::optional<std::uint64_t> length, std::string& body) {
    if (!length) return Outcome::malformed;
    if (*length > max_body_) return Outcome::too_large;
    return take(*length, body) ? Outcome::request : Outcome::ended;
  }

  Outcome read_chunks(std::string_view coding, std::string& body) {
    if (!same_ignoring_case(coding, "chunked")) return Outcome::malformed;
    while (true) {
      const auto line = read_until("\r\n", 1024);
      if (!line) return Outcome::ended;
      const std::string_view digits = std::string_view(*line).substr(0, line->find_first_of(";\r"));
      const auto size = parse_number(digits, 16);
      if (!size) return Outcome::malformed;
      if (*size > max_body_ - body.size()) return Outcome::too_large;
      if (!take(*size, body)) return Outcome::ended;
      if (read_until("\r\n", *size == 0 ? max_head_bytes : 2) != "\r\n") return Outcome::malformed;
      if (*size == 0) return Outcome::request;
    }
  }

  bool fill() {
    const std::size_t old = buffer_.size();
    buffer_.resize(old + read_bytes_at_once);
    const std::size_t got = wire_.read(buffer_.data() + old, read_bytes_at_once);
    buffer_.resize(old + got);
    return got > 0;
  }

  std::optional<std::string> read_until(std::string_view mark, std::size_t limit) {
    while (true) {
      const auto at = buffer_.find(mark);
      if (at != std::string::npos) {
        std::string taken = buffer_.substr(0, at + mark.size());
        buffer_.erase(0, taken.size());
        return taken;
      }
      if (buffer_.size() > limit || !fill()) return std::nullopt;
    }
  }

  bool take(std::uint64_t size, std::string& into) {
    const auto have = std::min<std::uint64_t>(size, buffer_.size());
    into.append(buffer_, 0, have);
    buffer_.erase(0, have);
    size -= have;
    std::size_t at = into.size();
    into.resize(at + size);
    while (size > 0) {
      const std::size_t got = wire_.read(into.data() + at, size);
      if (got == 0) return false;
      at += got;
      size -= got;
    }
    return true;
  }

  Wire& wire_;
  std::size_t max_body_;
  std::string buffer_;
};

std::string as_chunk(std::string_view piece) {
  std::array<char, 20> digits{};
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
  std::string chunk(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return chunk.append("\r\n").append(piece).append("\r\n");
}

std::string head_text(int status, const Headers& headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  for (const auto& [name, value] : headers.lines()) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

struct ContextFree {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextFree>;

TlsContext make_context(const CertificateFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("openssl cannot use the test certificate");
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

void Responder::send(int status, const Headers& headers, std::string_view body, const Delivery& how) {
  const std::uint64_t claimed = how.content_length.value_or(body.size());
  Headers lines = headers;
  if (how.chunk_bytes > 0) {
    lines.set("Transfer-Encoding", "chunked");
  } else if (!how.until_close && !has_no_body(status) && !lines.has("Content-Length")) {
    lines.add("Content-Length", std::to_string(claimed));
  }
  if (!wire_.write(head_text(status, lines))) return;
  if (request_.method == "HEAD" || has_no_body(status)) {
    keep_alive_ = true;
    return;
  }
  if (send_body(body, how) == Outcome::ended) return;
  if (how.chunk_bytes > 0 && !wire_.write("0\r\n\r\n")) return;
  const bool honest = how.chunk_bytes > 0 || (lines.get("Content-Length") == std::to_string(body.size()));
  if (honest && !same_ignoring_case(lines.get("Connection"), "close")) {
    keep_alive_ = true;
  } else {
    end(Ending::fin);
  }
}

Responder::Outcome Responder::send_body(std::string_view body, const Delivery& how) {
  const std::uint64_t stop_at = std::min(
      {std::uint64_t{body.size()}, how.cut_after.value_or(body.size()), how.stall_after.value_or(body.size())});
  std::size_t step = write_bytes_at_once;
  if (how.bytes_per_second > 0) step = static_cast<std::size_t>(std::max<std::uint64_t>(how.bytes_per_second / 10, 1));
  if (how.chunk_bytes > 0) step = std::min(step, how.chunk_bytes);
  for (std::uint64_t at = 0; at < stop_at;) {
    const auto piece = body.substr(at, std::min<std::uint64_t>(step, stop_at - at));
    if (!send_piece(piece, how)) return Outcome::ended;
    at += piece.size();
    if (how.bytes_per_second > 0 &&
        !wire_.wait(std::chrono::nanoseconds(1'000'000'000ULL * piece.size() / how.bytes_per_second))) {
      return Outcome::ended;
    }
  }
  if (how.stall_after && *how.stall_after == stop_at) {
    stall();
    return Outcome::ended;
  }
  if (how.cut_after && *how.cut_after == stop_at) {
    end(how.ending);
    return Outcome::ended;
  }
  return Outcome::whole;
}

bool Responder::send_piece(std::string_view piece, const Delivery& how) {
  // Counted before the peer can see them, so that a test which has read them all finds them all counted.
  body_bytes_ += piece.size();
  if (how.counter != nullptr) *how.counter += piece.size();
  if (how.chunk_bytes == 0 ? wire_.write(piece) : wire_.write(as_chunk(piece))) return true;
  body_bytes_ -= piece.size();
  if (how.counter != nullptr) *how.counter -= piece.size();
  return false;
}

void Responder::send_raw(std::string_view bytes, bool keep_alive) {
  if (!wire_.write(bytes)) return;
  keep_alive_ = keep_alive;
  if (!keep_alive) end(Ending::fin);
}

void Responder::close(Ending ending) { end(ending); }

void Responder::stall() { (void)wire_.wait(std::nullopt); }

bool Responder::wait(std::chrono::milliseconds duration) { return wire_.wait(duration); }

void Responder::end(Ending ending) {
  keep_alive_ = false;
  if (ending == Ending::rst) {
    wire_.reset();
  } else {
    wire_.finish();
  }
}

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
  if (wire.write(head_text(status, {{"Content-Length", "0"}, {"Connection", "close"}}))) wire.finish();
}

void HttpServer::State::record(const ServerRequest& request) {
  ServerRequest kept{
      request.method,    request.target,     request.headers, request.body.substr(0, options.recorded_body_bytes),
      request.body_size, request.connection, request.time};
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
    state_->context = make_context(state_->options.authority->issue(state_->options.flaw));
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
