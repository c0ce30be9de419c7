#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "program.hpp"
#include "support/tls_authority.hpp"

namespace dray::testing {

/// How clients get in.
struct ServedDoor {
  bool tls = false;
  bool password = false;  ///< `alice` with `pa:ss wörd` may do everything, nobody else anything.
  bool tokens = false;    ///< With `password`: bearer tokens rather than Basic.
};

/// `dray serve` in a process of its own, on a free port of 127.0.0.1, ended by the destructor. The constructor returns
/// when it listens; it throws std::runtime_error with what the program wrote when it does not.
class Served {
 public:
  /// `words` are further options. `directory` is made when it is absent.
  Served(const Dray& dray, std::filesystem::path directory, ServedDoor door = {}, std::vector<std::string> words = {});

  static constexpr const char* user = "alice";
  static constexpr const char* password = "pa:ss wörd";

  /// `127.0.0.1:PORT`
  [[nodiscard]] const std::string& host_port() const noexcept { return host_port_; }
  [[nodiscard]] std::string origin() const { return (door_.tls ? "https://" : "http://") + host_port_; }
  /// The authority to trust, a PEM file in a folder of its own; empty without TLS.
  [[nodiscard]] std::filesystem::path ca_file() const;
  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
  [[nodiscard]] Process& process() noexcept { return *process_; }
  /// SIGTERM, and waits for its end.
  Outcome stop();

 private:
  ServedDoor door_;
  TempDir files_;
  std::filesystem::path directory_;
  std::unique_ptr<TlsAuthority> authority_;
  std::unique_ptr<Process> process_;
  std::string host_port_;
};

}  // namespace dray::testing
