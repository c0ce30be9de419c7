#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "engine/loop.hpp"

namespace dray::server::engine {

/// Accepts connections on the first loop and hands them round. One socket rather than one a loop: the kernel would deal
/// them by hash, which leaves few connections uneven, and with SO_REUSEPORT a port that is taken would not be noticed.
class Listener {
 public:
  /// `host` is an address or `localhost`.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(Shared& shared, const std::string& host,
                                                              std::uint16_t port, std::size_t max_connections,
                                                              std::vector<std::unique_ptr<Loop>>& loops);
  Listener(Shared& shared, std::size_t max_connections, std::vector<std::unique_ptr<Loop>>& loops);

  [[nodiscard]] std::uint16_t port() const noexcept { return endpoint_.port(); }
  [[nodiscard]] std::string address() const;

  /// From the first loop's thread, or before it runs.
  void start();
  void close();

 private:
  Result<void> listen(const std::string& host, std::uint16_t port);
  void wait();
  void accept_some();
  void take(int socket, const boost::asio::ip::tcp::endpoint& peer);
  void pause();

  Shared& shared_;
  std::vector<std::unique_ptr<Loop>>& loops_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::size_t max_connections_;
  std::size_t next_ = 0;
};

}  // namespace dray::server::engine
