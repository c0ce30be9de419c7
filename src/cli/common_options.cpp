#include <array>

#include "command.hpp"

namespace dray::cli {

std::span<const Option> common_options() {
  static constexpr auto options = std::to_array<Option>({
      {"--format", "table|json|raw", "how results are written; raw is the stored bytes where there are any", false},
      {"--jq", "EXPRESSION", "pick from the JSON result; implies --format json", false},
      {"--trace", "", "tell every request and decision on stderr, secrets left out", false},
      {"--progress", "auto|plain|none", "how transfers are shown on stderr", false},
      {"--jobs,-j", "N", "blobs in flight at once", false},
      {"--plain-http", "HOST", "speak HTTP without TLS to this host; loopback needs no asking", true},
      {"--tls", "HOST", "speak TLS to this loopback host", true},
      {"--insecure", "", "do not check certificates", false},
      {"--cacert", "FILE", "trust these certificates (PEM) beside the system's", false},
      {"--cert", "FILE", "show this client certificate (PEM) to the registries named here", false},
      {"--key", "FILE", "the key of --cert, without a passphrase; unset: in the same file", false},
      {"--resolve", "HOST:PORT:ADDRESS", "look for this host at this address", true},
      {"--proxy", "URL", "go through this proxy: http, https, socks5 or socks5h; unset: the proxy variables", false},
      {"--registries-conf", "FILE", "mirrors and locations; unset: containers' registries.conf", false},
      {"--no-registries-conf", "", "no mirrors, no other locations", false},
      {"--cache-dir", "DIR|auto|off",
       "keep blobs of registries here for later commands; unset: DRAY_CACHE_DIR, or none", false},
      {"--cache-size", "SIZE", "how large that may grow: 500M, 20G; unset: DRAY_CACHE_SIZE, or 16G", false},
      {"--limit-rate", "BYTES", "move no more bytes a second, over all connections; 500k, 10M", false},
      {"--max-per-host", "N", "requests to one host at a time", false},
      {"--max-requests", "N", "send no more requests than these", false},
      {"--allow-private", "", "let redirects and layer URLs lead to private addresses", false},
      {"--token-server", "HOST", "let this host see the password of a registry that gets its tokens there", true},
      {"--authfile", "FILE", "the only file with credentials: docker's, podman's or a Kubernetes pull secret", false},
      {"--help,-h", "", "this text", false},
  });
  return options;
}

}  // namespace dray::cli
