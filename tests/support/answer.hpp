#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/http_message.hpp"
#include "support/http_server.hpp"

namespace dray::testing {

using SharedBytes = std::shared_ptr<const std::string>;
[[nodiscard]] inline SharedBytes share(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

/// An answer before it is sent, so that a fault can still change it.
struct Answer {
  int status = 200;
  Headers headers = {};
  SharedBytes content = {};      ///< Nothing: an empty body.
  std::uint64_t first_byte = 0;  ///< Where in `content` the body begins.
  std::uint64_t body_size = 0;
  std::string blob = {};  ///< The digest of the blob that is sent, for the counters.
  Delivery delivery = {};

  [[nodiscard]] std::string_view body() const {
    return content ? std::string_view(*content).substr(first_byte, body_size) : std::string_view();
  }
  void set_body(std::string bytes) {
    body_size = bytes.size();
    first_byte = 0;
    content = share(std::move(bytes));
  }
  void send(Responder& responder) const { responder.send(status, headers, body(), delivery); }
};

[[nodiscard]] Answer text_answer(int status, std::string_view type, std::string body);
/// `{"errors":[{"code":…,"message":…,"detail":…}]}`, the detail a JSON string or absent.
/// Source: distribution-spec 1.1, "Error Codes".
[[nodiscard]] Answer error_answer(int status, std::string_view code, std::string_view message,
                                  std::string_view detail = {});
[[nodiscard]] Answer redirect_answer(int status, const std::string& location);
/// Bytes with a validator: one `Range` gives 206 or 416, several are ignored; `If-Range` and `If-None-Match` hold.
[[nodiscard]] Answer content_answer(const ServerRequest& request, SharedBytes content, const std::string& etag);

/// `Fri, 15 Mar 2019 00:29:41 GMT`.
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point time);
/// `2019-03-15T00:29:41Z`.
[[nodiscard]] std::string iso_time(std::int64_t unix_seconds);

}  // namespace dray::testing
