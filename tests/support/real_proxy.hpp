#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"

namespace dray::testing {

/// A proxy as people run it: Debian's tinyproxy (HTTP) or microsocks (SOCKS5), on a free port of 127.0.0.1, ended by
/// the destructor. Throws std::runtime_error when it does not start.
class RealProxy {
 public:
  enum class Kind : std::uint8_t { http, socks };

  /// With `user` nobody else gets through.
  explicit RealProxy(Kind kind, std::string user = {}, std::string password = {});

  /// `127.0.0.1:PORT`
  [[nodiscard]] std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  /// Waits until the log holds `text`, which tells that a request came through; false when it does not come.
  [[nodiscard]] bool logged(std::string_view text) const;
  /// What it wrote so far.
  [[nodiscard]] std::string log() const { return process_->out() + process_->err(); }

 private:
  void start();

  const Kind kind_;
  const std::string user_;
  const std::string password_;
  TempDir directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace dray::testing
