#include "curl_failure.hpp"

#include <fmt/format.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

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

std::string host_and_port(const Origin& origin) { return fmt::format("{} port {}", origin.host, origin.port); }

Error cut(const CurlFailure& failure) {
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
  const auto to = failure.behind_proxy ? std::string("the proxy") : host_and_port(failure.origin);
  const auto why =
      failure.os_error == 0 ? clean(failure) : std::generic_category().message(static_cast<int>(failure.os_error));
  const auto* hint = failure.os_error == ECONNREFUSED ? "; does it run there, and is the port right?" : "";
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
               fmt::format("the certificate of {} is not trusted: {}; name its authority with --cacert, or go without "
                           "this check with --insecure",
                           failure.origin.host, certificate_problem(failure)));
}

Error no_handshake(const CurlFailure& failure) {
  const auto words = clean(failure);
  if (words.find("wrong version number") != std::string::npos || words.find("http request") != std::string::npos) {
    return Error(ErrorCode::protocol,
                 fmt::format("{} does not speak TLS; if it is meant to be plain HTTP, say so with --plain-http",
                             host_and_port(failure.origin)));
  }
  const bool was_lost = contains_without_case(words, "reset") || contains_without_case(words, "syscall") ||
                        contains_without_case(words, "unexpected eof") || contains_without_case(words, "broken pipe");
  return Error(was_lost ? ErrorCode::unavailable : ErrorCode::protocol,
               fmt::format("the TLS handshake with {} failed ({})", host_and_port(failure.origin), words));
}

}  // namespace

Error explain(const CurlFailure& failure) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(ErrorCode::unavailable, fmt::format("could not resolve host {}; check its spelling, or this "
                                                       "machine's name service",
                                                       failure.origin.host));
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Error(ErrorCode::unavailable, "could not resolve the proxy's host; check the proxy variables");
    case CURLE_COULDNT_CONNECT:
      return not_connected(failure);
    case CURLE_PEER_FAILED_VERIFICATION:
      return not_trusted(failure);
    case CURLE_SSL_CONNECT_ERROR:
      return no_handshake(failure);
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
