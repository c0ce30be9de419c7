#pragma once

#include <cstdint>
#include <dray/base/error.hpp>
#include <dray/http/url.hpp>
#include <string>

#include "curl_handle.hpp"

namespace dray::http {

/// What libcurl says about an exchange that failed.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string words;       ///< of its error buffer; may be empty
  long verify_result = 0;  ///< OpenSSL's, see x509_vfy.h
  long os_error = 0;
  Origin origin;
  bool behind_proxy = false;
  std::string proxy = {};         ///< `printable_proxy`
  long proxy_result = 0;          ///< a `CURLproxycode`: what a SOCKS proxy said
  long connect_status = 0;        ///< what an HTTP proxy answered to CONNECT
  bool asked_who_we_are = false;  ///< It wanted a client certificate and got none.
  bool has_head = false;          ///< The head of the answer was here already.
  std::uint64_t body_bytes = 0;   ///< that were here
  std::string body_length;        ///< that the head announced; may be empty
};

/// The same in our words, with what to try.
[[nodiscard]] Error explain(const CurlFailure& failure);
/// The proxy wants to know who we are, or does not take what it was told.
[[nodiscard]] Error refused_by_proxy(const std::string& shown_proxy);

}  // namespace dray::http
