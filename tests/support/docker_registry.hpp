#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/subprocess.hpp"
#include "support/temp_dir.hpp"
#include "support/tls_authority.hpp"

namespace dray::testing {

struct DockerRegistryOptions {
  std::string user = {};  ///< Not empty: Basic auth with this user and `password`, for reading too.
  std::string password = {};
  bool tls = false;
  std::shared_ptr<TlsAuthority> authority = {};  ///< With `tls`; empty: an own one.
  bool allow_deletes = true;
  bool allow_foreign_urls = true;      ///< Manifests whose layers have `urls` are taken.
  std::filesystem::path storage = {};  ///< Not empty: a folder that is there already.
};

/// Debian's docker-registry 2.8 with an empty folder, or the given one, on a free port of 127.0.0.1, ended by the
/// destructor. The constructor returns when it answers; it throws std::runtime_error with a sentence when the program
/// is missing or does not start.
class DockerRegistry {
 public:
  explicit DockerRegistry(DockerRegistryOptions options = {});

  /// `127.0.0.1:PORT`.
  [[nodiscard]] const std::string& host_port() const noexcept { return host_port_; }
  /// `http://127.0.0.1:PORT`, with TLS `https://…`.
  [[nodiscard]] std::string origin() const { return (options_.tls ? "https://" : "http://") + host_port_; }
  /// The authority to trust, a PEM file; empty without TLS.
  [[nodiscard]] std::string ca_file() const;
  /// The root of its storage: `docker/registry/v2/…` lies below.
  [[nodiscard]] std::filesystem::path storage() const {
    return options_.storage.empty() ? directory_ / "storage" : options_.storage;
  }
  [[nodiscard]] int pid() const { return process_->pid(); }

 private:
  [[nodiscard]] std::string configuration();
  void start();

  DockerRegistryOptions options_;
  TempDir directory_;
  std::string host_port_;
  std::unique_ptr<Process> process_;
};

/// Runs skopeo with these arguments and no settings or credentials but its own defaults.
Outcome skopeo(const std::vector<std::string>& arguments, std::chrono::milliseconds deadline = std::chrono::minutes(2));

}  // namespace dray::testing
