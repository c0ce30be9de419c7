#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/result.hpp>
#include <dray/server/message.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dray::server {

struct TlsFiles {
  std::filesystem::path certificate;  ///< PEM, the chain.
  std::filesystem::path key;          ///< PEM.
};

struct EngineOptions {
  std::string host = "127.0.0.1";  ///< An address, or `localhost`; `::` and `0.0.0.0` are every address.
  std::uint16_t port = 0;          ///< 0: a free one.
  std::optional<TlsFiles> tls;
  std::size_t loops = 0;                   ///< Threads that move bytes; 0: one a core.
  std::size_t workers = 0;                 ///< Threads that may block; 0: as many as suit the machine.
  std::size_t max_connections = 0;         ///< 0: what the process's descriptors allow.
  std::chrono::seconds stop_deadline{30};  ///< How long transfers may go on once `stop` was called.
};

/// One answered request, for the access log and the metrics. Texts live as long as the call.
struct Served {
  std::string_view peer;
  std::string_view method;
  std::string_view target;  ///< Path and query as sent; holds whatever the client wrote.
  std::string_view user_agent;
  int status = 0;
  std::uint64_t received_bytes = 0;  ///< Of the body.
  std::uint64_t sent_bytes = 0;      ///< Of the body.
  std::chrono::microseconds took{0};
  bool complete = false;  ///< False when the client went away, or was cut, before the answer's end.
};
/// Called on the connection's thread; must not block.
using ServedCallback = std::function<void(const Served&)>;

/// Numbers for the metrics.
struct EngineCounts {
  std::uint64_t connections_now = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  ///< Over `max_connections`, answered 503.
  std::uint64_t deadlines_passed = 0;     ///< Connections cut because the peer was too slow.
  std::uint64_t bad_requests = 0;         ///< Refused before they reached the service.
};

/// An HTTP/1.1 server for one `Service`: one event loop a thread, no thread a client. An idle connection costs well
/// under 4 KiB. Bodies go out with sendfile where they are files. Limits and deadlines are those of server/limits.hpp.
/// Requests are strict RFC 9112; HTTP/2 is not offered and its preface is refused.
class Engine {
 public:
  /// Listens and serves. Errors: `invalid_input` for an address or TLS files that are none, `io` when the port is
  /// taken.
  [[nodiscard]] static Result<std::unique_ptr<Engine>> start(const EngineOptions& options,
                                                             std::shared_ptr<Service> service, ServedCallback served);
  virtual ~Engine() = default;  ///< Stops without waiting for transfers.

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// `127.0.0.1:5000`, `[::1]:5000`.
  [[nodiscard]] virtual std::string address() const = 0;
  [[nodiscard]] virtual EngineCounts counts() const = 0;
  /// Reads the TLS files again; new connections use them. On an error the old ones stay.
  [[nodiscard]] virtual Result<void> reload_tls() = 0;
  /// Stops listening, closes idle connections, lets requests under way finish within `stop_deadline`, and returns when
  /// all is done. Uploads that are cut off then are parked by their takers.
  virtual void stop() = 0;
};

}  // namespace dray::server
