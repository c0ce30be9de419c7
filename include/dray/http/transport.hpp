#pragma once

#include <chrono>
#include <dray/http/host_address.hpp>
#include <dray/http/message.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::http {

/// Sends one request and gives back its answer: no retry, no redirect, no credential of its own, no cookie,
/// no content decoding. Safe from many threads; each call runs on the caller's thread.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Returns as soon as the head of the answer is here; every status is a good result.
  /// Errors: `unavailable` (no connection, cut), `timed_out` (a deadline of limits.hpp, named in the message),
  /// `denied` (the address rule), `cancelled` (`stop`), `protocol` (not HTTP, header limits), `invalid_input`
  /// (certificate not trusted; the message names the cause). Where the request body could not be read, its error.
  /// `stop` also ends later reads of the exchange.
  [[nodiscard]] virtual Result<std::unique_ptr<Exchange>> send(const Request& request, const std::stop_token& stop) = 0;
};

/// Who we are to a server that asks: PEM files, the key without a passphrase.
struct ClientCertificate {
  std::string certificate_file;  ///< The certificate, and behind it those that lead to its authority.
  std::string key_file;
};

/// How a host's certificate is checked and which one of ours it may see.
struct TlsOptions {
  bool verify = true;                       ///< False is `--insecure`: encryption without identity.
  std::vector<std::string> ca_files = {};   ///< PEM; used beside the system's.
  std::optional<ClientCertificate> client;  ///< Never shown to a proxy, nor where `shows_certificate` says no.
};

struct CurlOptions {
  std::string user_agent;
  /// Chosen for each origin, before the first connection to it. Unset: verified against the system's CAs.
  std::function<Result<TlsOptions>(const Origin&)> tls;
  /// Whether the origin is one that the person meant to show their certificate to. Asked at each request that may show
  /// it (`Request::shows_certificate`). Unset: yes.
  std::function<bool(const Origin&)> shows_certificate;
  std::vector<HostAddress> addresses = {};          ///< Known without a look-up: `--resolve`.
  std::string proxy;                                ///< For every origin; empty: as the environment says.
  std::chrono::milliseconds connect_deadline{};     ///< 0: limits.hpp
  std::chrono::milliseconds tls_deadline{};         ///< 0: limits.hpp
  std::chrono::milliseconds first_byte_deadline{};  ///< 0: limits.hpp
  std::chrono::milliseconds stall_deadline{};       ///< 0: limits.hpp
};

/// The transport over libcurl: HTTP/1.1, connections kept and re-used per origin, TLS sessions shared.
[[nodiscard]] std::shared_ptr<Transport> make_curl_transport(CurlOptions options);

}  // namespace dray::http
