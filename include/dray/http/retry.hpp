#pragma once

#include <chrono>
#include <dray/base/result.hpp>
#include <dray/http/message.hpp>
#include <optional>
#include <string_view>

namespace dray::http {

/// What one try ended with.
struct Attempt {
  Method method = Method::get;
  bool body_can_repeat = true;  ///< No body, or one that opens again.
  bool may_repeat = false;      ///< The caller knows that this POST or PATCH does no harm twice.
  int number = 1;               ///< From 1.
  std::optional<int> status;    ///< An answer came.
  std::optional<ErrorCode> error;
  std::optional<std::chrono::seconds> retry_after;
};

/// Whether to try again, and after how long. A pure function; `jitter` is in [0, 1).
/// 5 tries; 0.25 s doubling, capped at 30 s, full jitter; `Retry-After` is obeyed up to 120 s and beyond that
/// ends the tries; only statuses 408 429 499 500 502 503 504 522 and lost connections; only what may be repeated.
/// nullopt: give up.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_wait(const Attempt& attempt, double jitter);

/// `Retry-After` as seconds or as an HTTP date (RFC 9110 section 10.2.3); a date that has passed is 0.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                                    std::chrono::system_clock::time_point now);
/// The three date forms of RFC 9110 section 5.6.7.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view value);

}  // namespace dray::http
