#include "curl_failure.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>

#include "proxy.hpp"
#include "text.hpp"

namespace dray::http {
namespace {

/// libcurl's own words, which may quote the peer's.
std::string clean(const CurlFailure& failure) {
  // A proxy that cannot be used is quoted whole, with the password in it.
  const bool quotes_proxy = failure.behind_proxy && failure.words.find('@') != std::string::npos;
  std::string words = failure.words.empty() || quotes_proxy ? curl_easy_strerror(failure.code) : failure.words;
  std::ranges::replace_if(words, is_control, '?');
  return words;
}

constexpr std::uint16_t https_port = 443;

std::string host_and_port(const Origin& origin) { return fmt::format("{} port {}", origin.host, origin.port); }

/// As certs.d spells a registry.
std::string folder_of(const Origin& origin) {
  const auto host = origin.host.find(':') == std::string::npos ? origin.host : "[" + origin.host + "]";
  return origin.port == https_port ? host : fmt::format("{}:{}", host, origin.port);
}

std::string how_to_identify(const Origin& origin) {
  return fmt::format("name one with --cert and --key, or lay it into certs.d/{}/ as client.cert and client.key",
                     folder_of(origin));
}

/// What a server says that wants to know who we are, or does not take what it was shown. The words are OpenSSL's for
/// the alerts of RFC 8446 section 6.2; with TLS 1.3 they come when we think that the handshake is over.
std::optional<Error> not_identified(const CurlFailure& failure) {
  struct Alert {
    std::string_view words;
    std::string_view means;
  };
  static constexpr std::array alerts{
      Alert{"alert certificate required", "asks for a client certificate and none was shown"},
      Alert{"alert bad certificate", "does not take the client certificate"},
      Alert{"alert unknown ca", "does not know the authority of the client certificate"},
      Alert{"alert certificate expired", "says that the client certificate has expired"},
      Alert{"alert certificate revoked", "says that the client certificate was revoked"},
      Alert{"alert certificate unknown", "does not take the client certificate"},
      Alert{"alert decrypt error", "does not take the client certificate"},
      Alert{"alert unsupported certificate", "does not take a client certificate of this kind"}};
  for (const auto& alert : alerts) {
    if (!contains_without_case(failure.words, alert.words)) continue;
    return Error(ErrorCode::unauthorized,
                 fmt::format("{} {}; {}", host_and_port(failure.origin), alert.means, how_to_identify(failure.origin)));
  }
  return std::nullopt;
}

Error cut(const CurlFailure& failure) {
  if (!failure.has_head && failure.asked_who_we_are) {
    return Error(ErrorCode::unavailable,
                 fmt::format("the connection was lost before an answer came ({}), after it asked for a client "
                             "certificate and got none; {}",
                             clean(failure), how_to_identify(failure.origin)));
  }
  if (!failure.has_head) {
    const bool plain = failure.origin.scheme == "http" && !failure.behind_proxy;
    return Error(ErrorCode::unavailable, "the connection was lost before an answer came (" + clean(failure) + ")" +
                                             (plain ? "; if it speaks TLS there, say so with --tls" : ""));
  }
  auto where = fmt::format("the answer was cut after {}", failure.body_bytes);
  if (!failure.body_length.empty()) where += " of " + failure.body_length;
  return Error(ErrorCode::unavailable, where + " bytes");
}

Error not_connected(const CurlFailure& failure) {
  if (failure.behind_proxy && failure.words.starts_with("Unsupported proxy")) {
    return Error(ErrorCode::invalid_input, "the proxy is of a kind that cannot be used; check the proxy variables");
  }
  const auto to = failure.behind_proxy ? "the proxy " + failure.proxy : host_and_port(failure.origin);
  const auto why =
      failure.os_error == 0 ? clean(failure) : std::generic_category().message(static_cast<int>(failure.os_error));
  std::string hint;
  if (failure.os_error == ECONNREFUSED) hint = "; does it run there, and is the port right?";
  if (!hint.empty() && failure.behind_proxy) hint += " check the proxy variables";
  if (!hint.empty() && !failure.behind_proxy && failure.origin.is_secure() && failure.origin.port == https_port) {
    hint += " A registry without TLS is reached with --plain-http " + failure.origin.host;
  }
  return Error(ErrorCode::unavailable, fmt::format("could not connect to {} ({}){}", to, why, hint));
}

std::string certificate_problem(const CurlFailure& failure) {
  // libcurl compares the name by itself, before it asks OpenSSL what it thinks of the chain.
  if (failure.words.find("subject name") != std::string::npos) {
    return fmt::format("it is not made out to {}", failure.origin.host);
  }
  switch (failure.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "it has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "it is not valid yet (is this machine's clock right?)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "it is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its issuer is not a known authority";
    default:
      return X509_verify_cert_error_string(failure.verify_result);
  }
}

Error not_trusted(const CurlFailure& failure) {
  return Error(ErrorCode::invalid_input,
               fmt::format("the certificate of {} is not trusted: {}; name its authority with --cacert or lay it into "
                           "certs.d/{}/ca.crt, or go without this check with --insecure",
                           failure.origin.host, certificate_problem(failure), folder_of(failure.origin)));
}

Error no_tunnel(const CurlFailure& failure) {
  // tinyproxy answers 401 to a wrong password; of a tunnel it can be nobody else's.
  if (failure.connect_status == proxy_asks_for_password || failure.connect_status == 401)
    return refused_by_proxy(failure.proxy);
  const auto code = failure.connect_status == 403 ? ErrorCode::denied : ErrorCode::unavailable;
  return Error(code, fmt::format("the proxy {} does not connect to {}: it answers {}", failure.proxy,
                                 host_and_port(failure.origin), failure.connect_status));
}

Error refused_by_socks(const CurlFailure& failure) {
  if (failure.proxy_result == CURLPX_USER_REJECTED || failure.proxy_result == CURLPX_NO_AUTH) {
    return refused_by_proxy(failure.proxy);
  }
  if (failure.proxy_result == CURLPX_RESOLVE_HOST) {
    return Error(ErrorCode::unavailable,
                 fmt::format("could not resolve host {}; with socks5h:// the proxy looks it up", failure.origin.host));
  }
  return Error(ErrorCode::unavailable, fmt::format("the proxy {} does not connect to {} ({})", failure.proxy,
                                                   host_and_port(failure.origin), clean(failure)));
}

Error no_handshake(const CurlFailure& failure) {
  const auto words = clean(failure);
  if (words.find("wrong version number") != std::string::npos || words.find("http request") != std::string::npos) {
    return Error(ErrorCode::protocol,
                 fmt::format("{} does not speak TLS; if it is meant to be plain HTTP, say so with --plain-http",
                             host_and_port(failure.origin)));
  }
  if (failure.asked_who_we_are && contains_without_case(words, "alert")) {
    return Error(ErrorCode::unauthorized,
                 fmt::format("the TLS handshake with {} failed ({}), after it asked for a client certificate and got "
                             "none; {}",
                             host_and_port(failure.origin), words, how_to_identify(failure.origin)));
  }
  const bool was_lost = contains_without_case(words, "reset") || contains_without_case(words, "syscall") ||
                        contains_without_case(words, "unexpected eof") || contains_without_case(words, "broken pipe");
  return Error(was_lost ? ErrorCode::unavailable : ErrorCode::protocol,
               fmt::format("the TLS handshake with {} failed ({})", host_and_port(failure.origin), words));
}

}  // namespace

Error refused_by_proxy(const std::string& shown_proxy) {
  return Error(ErrorCode::unauthorized,
               fmt::format("the proxy {} wants a user name and a password, or does not take those it was given; write "
                           "them into the proxy variable, as in https_proxy=http://USER:PASSWORD@HOST:PORT",
                           shown_proxy));
}

Error explain(const CurlFailure& failure) {
  if (auto error = not_identified(failure)) return *std::move(error);
  if (failure.behind_proxy && failure.connect_status >= 300) return no_tunnel(failure);
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(ErrorCode::unavailable, fmt::format("could not resolve host {}; check its spelling, or this "
                                                       "machine's name service",
                                                       failure.origin.host));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Error(ErrorCode::unavailable,
                   fmt::format("could not resolve the host of the proxy {}; check the proxy variables", failure.proxy));
    case CURLE_COULDNT_CONNECT:
      return not_connected(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return not_trusted(failure);
    case CURLE_SSL_CONNECT_ERROR:
      return no_handshake(failure);
    case CURLE_PROXY:
      return refused_by_socks(failure);
    case CURLE_SSL_CERTPROBLEM:
      return Error(ErrorCode::invalid_input, "the client certificate cannot be used: " + clean(failure));
    case CURLE_SSL_CACERT_BADFILE:
      return Error(ErrorCode::invalid_input, "a file of certificate authorities cannot be used: " + clean(failure));
    case CURLE_RECV_ERROR:
      // Chunks that make no sense come under the same code as a lost connection.
      if (failure.words.find("hunked") != std::string::npos) break;
      return cut(failure);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
      return cut(failure);
    default:
      break;
  }
  return Error(ErrorCode::protocol, "the answer cannot be read: " + clean(failure));
}

}  // namespace dray::http
