#pragma once

#include <gtest/gtest.h>
#include <dray/http/response.hpp>
#include <dray/http/transport.hpp>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "support/http_server.hpp"

/// What the tests of libcurl's transport share.
namespace dray::http {

using dray::testing::Delivery;
using dray::testing::Ending;
using dray::testing::HttpServer;
using dray::testing::Responder;
using dray::testing::ServerRequest;
using std::chrono::milliseconds;

inline CurlOptions test_options() {
  CurlOptions options;
  options.user_agent = "dray-test/1";
  return options;
}

inline Request request_to(const std::string& url, Method method = Method::get) {
  return Request{method, *Url::parse(url), {}, {}, AddressRule::any};
}

/// Bytes in which every shift shows.
inline std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
  return text;
}

inline dray::testing::Handler answer(int status, dray::testing::Headers headers = {}, std::string body = {},
                                     Delivery how = {}) {
  return [=](const ServerRequest&, Responder& responder) { responder.send(status, headers, body, how); };
}
inline dray::testing::Handler answer_raw(std::string bytes) {
  return [=](const ServerRequest&, Responder& responder) { responder.send_raw(bytes); };
}

class CurlTransportTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Exchange>> send(const Request& request) { return transport->send(request, stop.get_token()); }
  /// The body of a GET, or the error that ended it, early or late.
  Result<std::string> get(const std::string& url) {
    DRAY_TRY_ASSIGN(const auto exchange, send(request_to(url)));
    return read_all(*exchange, 1ULL << 30U);
  }

  /// From here on this deadline is so short; the others stay long, so that a busy machine changes nothing.
  void shorten(milliseconds CurlOptions::* deadline, milliseconds to = milliseconds(300)) {
    auto options = test_options();
    options.*deadline = to;
    transport = make_curl_transport(std::move(options));
  }

  std::shared_ptr<Transport> transport = make_curl_transport(test_options());
  std::stop_source stop;
};

}  // namespace dray::http
