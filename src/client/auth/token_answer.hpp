#pragma once

#include <chrono>
#include <dray/base/result.hpp>
#include <string>
#include <string_view>

namespace dray::client {

/// What a token server gave.
struct Token {
  std::string value;  ///< Never shown.
  std::chrono::system_clock::time_point expires;
  std::chrono::seconds lifetime{};
  std::string refresh_token = {};  ///< Never shown; empty: none was given.
};

/// What a token server answers, as JSON: `token` or `access_token`, `expires_in` (60 s where it is absent or less),
/// `issued_at` (now where it is absent, in the future or too long ago: clocks differ), `refresh_token`.
/// Errors: `protocol`, and `limit_exceeded` for a token above `max_bearer_token_bytes`.
/// Source: distribution, docs/spec/auth/token.md and oauth.md.
[[nodiscard]] Result<Token> parse_token(std::string_view body, std::chrono::system_clock::time_point now);

}  // namespace dray::client
