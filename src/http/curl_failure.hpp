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
  bool has_head = false;         ///< The head of the answer was here already.
  std::uint64_t body_bytes = 0;  ///< that were here
  std::string body_length;       ///< that the head announced; may be empty
};

/// The same in our words, with what to try.
[[nodiscard]] Error explain(const CurlFailure& failure);

}  // namespace dray::http
