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
      {"--allow-private", "", "let redirects and layer URLs lead to private addresses", false},
      {"--token-server", "HOST", "let this host see the password of a registry that gets its tokens there", true},
      {"--authfile", "FILE", "credentials in the form of docker's config.json", false},
      {"--help,-h", "", "this text", false},
  });
  return options;
}

}  // namespace dray::cli
