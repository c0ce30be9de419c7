#pragma once

#include <dray/base/result.hpp>
#include <dray/http/transport.hpp>
#include <optional>
#include <string>

#include "identity.hpp"

namespace dray::http {

/// The certificate authorities that a TLS connection trusts: a folder that OpenSSL reads by need, a PEM file that is
/// read as a whole (20 ms for a system's bundle), or PEM text; each beside the others.
struct Trust {
  bool verify = true;
  std::optional<std::string> directory;
  std::optional<std::string> file;
  std::optional<std::string> pem;
  std::optional<Identity> identity = {};  ///< Ours, for whoever may see it.
};

/// `SSL_CERT_FILE` and `SSL_CERT_DIR` when one of them is set, else a hashed /etc/ssl/certs, else what libcurl was
/// built with.
[[nodiscard]] Trust system_trust();

/// What `tls` adds to the system's. `invalid_input` when one of its files cannot be used.
[[nodiscard]] Result<Trust> trust_for(const TlsOptions& tls, const Trust& system);

}  // namespace dray::http
