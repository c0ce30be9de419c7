#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/server/engine.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::server {

/// What this registry takes over from a `config.yml` of the distribution registry (`docker-registry`, `registry:2`,
/// `registry:3`). The defaults are distribution's, not ours. A value.
struct DistributionConfig {
  /// `storage.filesystem.rootdirectory`; unset for `storage.inmemory`.
  std::optional<std::filesystem::path> root;
  bool allow_delete = false;                          ///< `storage.delete.enabled`
  bool read_only = false;                             ///< `storage.maintenance.readonly.enabled`
  bool redirects = true;                              ///< `storage.redirect.disable`, turned round.
  bool sparse_indexes = false;                        ///< `validation.manifests.indexes.platforms: none`
  std::string host = "::";                            ///< `http.addr`; `::` where it names a port alone.
  std::uint16_t port = 5000;                          ///< The same.
  std::optional<TlsFiles> tls;                        ///< `http.tls.certificate` and `key`
  std::optional<std::chrono::seconds> drain_timeout;  ///< `http.draintimeout`

  struct Htpasswd {
    std::string realm;
    std::filesystem::path path;
  };
  std::optional<Htpasswd> htpasswd;  ///< `auth.htpasswd`

  struct Proxy {
    std::string remote_url;
    std::string username;
    std::string password;
  };
  std::optional<Proxy> proxy;  ///< `proxy`

  /// The dotted keys that were there and mean nothing here, each once, in the file's order; of a section that is
  /// ignored as a whole its own key alone.
  std::vector<std::string> ignored;
};

/// Errors name file and line: `unsupported` for another version than 0.1, other storage drivers than `filesystem` and
/// `inmemory`, and what cannot be left out without letting in somebody whom the file keeps out: other ways of access
/// control, client certificates, certificates from Let's Encrypt, sockets; else `invalid_input`. No value that may be
/// secret is in a message.
[[nodiscard]] Result<DistributionConfig> parse_distribution_config(std::string_view text, const std::string& file);
[[nodiscard]] Result<DistributionConfig> read_distribution_config(const std::filesystem::path& file);

}  // namespace dray::server
