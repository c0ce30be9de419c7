#include <dray/http/retry.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <dray/http/limits.hpp>
#include <limits>

#include "text.hpp"

namespace dray::http {
namespace {

bool may_pass(const Attempt& attempt) {
  if (attempt.error) return *attempt.error == ErrorCode::unavailable || *attempt.error == ErrorCode::timed_out;
  constexpr auto passing = std::to_array({408, 429, 499, 500, 502, 503, 504, 522});
  return attempt.status && std::ranges::find(passing, *attempt.status) != passing.end();
}

/// RFC 9110 section 9.2.2, and what the caller knows beyond.
bool may_be_repeated(const Attempt& attempt) {
  if (!attempt.body_can_repeat) return false;
  switch (attempt.method) {
    case Method::get:
    case Method::head:
    case Method::put:
    case Method::del:
      return true;
    case Method::post:
    case Method::patch:
      return attempt.may_repeat;
  }
  return false;
}

}  // namespace

std::optional<std::chrono::milliseconds> retry_wait(const Attempt& attempt, double jitter) {
  assert(attempt.number >= 1 && jitter >= 0.0 && jitter < 1.0);
  if (attempt.number >= limits::max_tries || !may_pass(attempt) || !may_be_repeated(attempt)) return std::nullopt;
  const auto ceiling = std::min(limits::first_retry_wait * (1 << (attempt.number - 1)), limits::max_retry_wait);
  const std::chrono::milliseconds wait(static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * jitter));
  if (!attempt.retry_after) return wait;
  if (*attempt.retry_after > limits::max_retry_after) return std::nullopt;
  return std::max<std::chrono::milliseconds>(wait, *attempt.retry_after);
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::chrono::system_clock::time_point now) {
  value = trim(value);
  if (!value.empty() && std::ranges::all_of(value, is_digit)) {
    // More digits than fit still mean "not soon".
    return std::chrono::seconds(parse_number<std::int32_t>(value).value_or(std::numeric_limits<std::int32_t>::max()));
  }
  const auto when = parse_http_date(value);
  if (!when) return std::nullopt;
  return std::max(std::chrono::seconds(0), std::chrono::ceil<std::chrono::seconds>(*when - now));
}

}  // namespace dray::http
