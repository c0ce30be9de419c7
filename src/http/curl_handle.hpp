#pragma once

#include <curl/curl.h>

#include <memory>

#include "closer.hpp"

/// Owners of libcurl's handles. The only header of this layer that includes libcurl's.
namespace dray::http {

using CurlEasy = std::unique_ptr<CURL, Closer<curl_easy_cleanup>>;
using CurlMulti = std::unique_ptr<CURLM, Closer<curl_multi_cleanup>>;
using CurlShare = std::unique_ptr<CURLSH, Closer<curl_share_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, Closer<curl_slist_free_all>>;
using CurlUrl = std::unique_ptr<CURLU, Closer<curl_url_cleanup>>;
using CurlText = std::unique_ptr<char, Closer<curl_free>>;

}  // namespace dray::http
