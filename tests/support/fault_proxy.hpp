#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "support/http_server.hpp"

namespace dray::testing {

/// What a line does to each connection that passes it.
struct LineOptions {
  /// Half a round trip. A new connection also pays the whole round trip of TCP's handshake before its first byte moves.
  std::chrono::microseconds one_way_delay{0};
  std::uint64_t bytes_per_second = 0;             ///< Per connection and direction; 0: no limit.
  std::optional<std::uint64_t> cut_after = {};    ///< A connection ends after this many bytes from the server.
  int cuts = 0;                                   ///< At most so many connections are cut; 0: every one.
  Ending ending = Ending::fin;                    ///< How the client sees the cut; an RST may overtake bytes.
  std::optional<std::uint64_t> stall_after = {};  ///< After this many bytes from the server nothing more comes.
};

/// What passed a proxy.
struct LineCounters {
  int connections = 0;
  int open_connections = 0;
  int cuts = 0;
  std::uint64_t up_bytes = 0;    ///< Written to the server.
  std::uint64_t down_bytes = 0;  ///< Written to clients.
};

/// A TCP proxy on a free port of 127.0.0.1 that makes a line worse: slower, longer, or breaking. One thread serves all
/// connections; the delay costs no throughput. Safe from many threads. The destructor cuts everything.
class FaultProxy {
 public:
  /// `to` is `HOST:PORT` with a numeric host, or `localhost`. `listen` is `HOST:PORT`; port 0 is any free one. Throws
  /// std::runtime_error when it cannot listen.
  explicit FaultProxy(const std::string& to, LineOptions options = {}, const std::string& listen = "127.0.0.1:0");
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// `127.0.0.1:PORT`.
  [[nodiscard]] std::string host_port() const;
  [[nodiscard]] LineCounters counters() const;
  /// For connections that come from now on.
  void set_options(const LineOptions& options);
  /// Ends every connection that is open now with an RST.
  void drop_connections();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray::testing
