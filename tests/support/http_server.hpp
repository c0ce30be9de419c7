#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_message.hpp"
#include "support/tls_authority.hpp"

namespace dray::testing {

class Wire;

/// How a connection ends before its time.
enum class Ending : std::uint8_t { fin, rst };

/// How an answer leaves the server. By default whole, at once, with its true length.
struct Delivery {
  std::optional<std::uint64_t> cut_after;    ///< After this many body bytes the connection ends as `ending` says.
  Ending ending = Ending::fin;               ///
  std::optional<std::uint64_t> stall_after;  ///< After this many body bytes nothing more comes until the peer leaves.
  std::optional<std::uint64_t> content_length;  ///< The Content-Length to claim; if not true, the connection then ends.
  bool until_close = false;                     ///< No Content-Length: the body ends with the connection.
  std::size_t chunk_bytes = 0;                  ///< Not 0: `Transfer-Encoding: chunked` in chunks of this size.
  std::uint64_t bytes_per_second = 0;           ///< Not 0: drips the body at this rate, ten pieces a second.
  std::atomic<std::uint64_t>* counter = nullptr;  ///< Also counts the body bytes sent; outlives the server.
};

/// Answers one request. Used by the handler's thread until the handler returns; exactly one of the calls is made.
/// A handler that makes none closes the connection without an answer; one that throws answers 500 with its words.
class Responder {
 public:
  /// `body_bytes` counts what is sent of bodies.
  Responder(Wire& wire, const ServerRequest& request, std::atomic<std::uint64_t>& body_bytes)
      : wire_(wire), request_(request), body_bytes_(body_bytes) {}

  /// An answer with the reason phrase that belongs to `status`. Of the answer to a HEAD only the head is sent, with
  /// the Content-Length of `body`. A Content-Length among `headers` wins over the computed one.
  void send(int status, const Headers& headers = {}, std::string_view body = {}, const Delivery& how = {});
  /// Exactly these bytes, head and all. The connection ends then, unless `keep_alive`.
  void send_raw(std::string_view bytes, bool keep_alive = false);
  /// No answer: the connection ends.
  void close(Ending ending = Ending::fin);
  /// No answer, ever: waits until the peer leaves or the server stops.
  void stall();
  /// Lets time pass before the answer; false when the peer left or the server stops.
  [[nodiscard]] bool wait(std::chrono::milliseconds duration);

  [[nodiscard]] bool keeps_alive() const noexcept { return keep_alive_; }

 private:
  enum class Outcome : std::uint8_t { whole, ended };
  [[nodiscard]] Outcome send_body(std::string_view body, const Delivery& how);
  [[nodiscard]] bool send_piece(std::string_view piece, const Delivery& how);
  void end(Ending ending);

  Wire& wire_;
  const ServerRequest& request_;
  std::atomic<std::uint64_t>& body_bytes_;
  bool keep_alive_ = false;
};

/// What a test handler does with a request. Called by many threads at once, one per connection.
using Handler = std::function<void(const ServerRequest&, Responder&)>;

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< A numeric address to listen on: 127.0.0.1, 127.0.0.2, ::1.
  std::string host;                   ///< The host in `origin()`; empty: the address.
  bool tls = false;
  CertificateFlaw flaw = CertificateFlaw::none;
  /// Asked for or insisted on: a client certificate of this server's authority. A client that shows none to a server
  /// that only asks is let in; `ServerRequest::client_certificate` tells.
  enum class ClientCertificates : std::uint8_t { ignored, asked, required };
  ClientCertificates client_certificates = ClientCertificates::ignored;
  int max_tls_version = 0;                          ///< `TLS1_1_VERSION`, …; 0: the newest.
  std::shared_ptr<TlsAuthority> authority;          ///< Shared by servers that trust one CA; empty: an own one.
  std::size_t recorded_body_bytes = 1024 * 1024;    ///< How much of each request body is kept in the record.
  std::size_t max_body_bytes = 1024 * 1024 * 1024;  ///< A larger request body is answered 413.
  /// Not 0: after this many answers a connection ends without a word, as servers with an idle limit do.
  int answers_per_connection = 0;
};

/// A small HTTP/1.1 server on a free loopback port: a thread per connection, keep-alive, a strict parser (anything
/// malformed is answered 400 and counted). Every request is recorded before the handler sees it. The destructor cuts
/// all connections and joins all threads; no client can make it wait. Throws std::runtime_error when it cannot start.
class HttpServer {
 public:
  explicit HttpServer(Handler handler, ServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// `http://127.0.0.1:PORT` or `https://[::1]:PORT`.
  [[nodiscard]] std::string origin() const;
  /// `127.0.0.1:PORT`, as references name a registry.
  [[nodiscard]] std::string host_port() const;
  [[nodiscard]] std::uint16_t port() const;
  /// The PEM file of the authority that a client has to trust; empty without TLS.
  [[nodiscard]] std::string ca_file() const;

  /// Every request so far, in the order in which they arrived.
  [[nodiscard]] std::vector<ServerRequest> requests() const;
  [[nodiscard]] std::size_t request_count() const;
  /// How many requests have that method and path; an empty method is any.
  [[nodiscard]] std::size_t count(std::string_view method, std::string_view path) const;
  /// Waits until at least `count` requests have come; false when `deadline` passes first.
  [[nodiscard]] bool wait_for_requests(std::size_t count,
                                       std::chrono::milliseconds deadline = std::chrono::seconds(10)) const;
  void forget_requests();

  /// Connections accepted so far, and those that are open now.
  [[nodiscard]] int connections() const;
  [[nodiscard]] int open_connections() const;
  /// The most requests that were being answered at one moment.
  [[nodiscard]] int peak_in_flight() const;
  /// Body bytes of answers sent so far; what a client has read is always counted.
  [[nodiscard]] std::uint64_t body_bytes_sent() const;
  /// Requests that were no valid HTTP/1.1.
  [[nodiscard]] int malformed_requests() const;
  /// Cuts every connection that is open now; new ones are welcome.
  void drop_connections();
  /// Cuts all and accepts no more: from here on connecting is refused. The destructor calls it.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray::testing
