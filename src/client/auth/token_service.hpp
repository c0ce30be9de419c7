#pragma once

#include <chrono>
#include <dray/client/credentials.hpp>
#include <dray/client/observer.hpp>
#include <dray/http/session.hpp>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "token_server.hpp"

namespace dray::client {

/// What a token server gave.
struct Token {
  std::string value;  ///< Never shown.
  std::chrono::system_clock::time_point expires;
  std::chrono::seconds lifetime{};
};

/// What a token server answers, as JSON: `token` or `access_token`, `expires_in` (60 s where it is absent or less),
/// `issued_at` (now where it is absent, in the future or too long ago: clocks differ).
/// Errors: `protocol`, and `limit_exceeded` for a token above `max_bearer_token_bytes`.
/// Source: distribution, docs/spec/auth/token.md.
[[nodiscard]] Result<Token> parse_token(std::string_view body, std::chrono::system_clock::time_point now);

/// One exchange with a token server.
struct TokenRequest {
  TokenServer server;
  std::vector<std::string> scopes;  ///< In the order they are sent.
  std::optional<Credential> credential;
};

/// Fetches tokens in the GET form, with Basic where there is a credential that the server may see.
class TokenService {
 public:
  TokenService(std::shared_ptr<http::Session> session, std::shared_ptr<Observer> observer, bool allow_private)
      : session_(std::move(session)), observer_(std::move(observer)), allow_private_(allow_private) {}

  /// At most `max_token_redirects` redirects; the password never leaves the realm's origin.
  [[nodiscard]] Result<Token> fetch(const TokenRequest& request, const std::stop_token& stop);

 private:
  std::shared_ptr<http::Session> session_;
  std::shared_ptr<Observer> observer_;
  bool allow_private_;
};

}  // namespace dray::client
