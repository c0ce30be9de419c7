#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scope.hpp"

namespace dray::server {

/// What a token says. A value.
struct Claims {
  std::string user;           ///< Empty: somebody who did not log in.
  std::string mark;           ///< `Tokens::mark_of` the user's password hash when the token was made.
  std::vector<Scope> access;  ///< Empty in a refresh token.
};

/// JSON web tokens of our own, HS256 with one key: what it did not sign is refused before anything in it is read, and
/// whatever a token says about algorithms and keys is compared with what ours say, never followed. Source: RFC 7515,
/// RFC 7519, RFC 8725; distribution, docs/spec/auth/jwt.md. Safe from many threads.
class Tokens {
 public:
  enum class Kind : std::uint8_t { access, refresh };
  using Time = std::chrono::system_clock::time_point;

  /// `service` is issuer and audience.
  Tokens(std::string key, std::string service);

  [[nodiscard]] std::string issue(Kind kind, const Claims& claims, Time now) const;
  /// Errors: `unauthorized`; the message holds nothing of the token.
  [[nodiscard]] Result<Claims> verify(Kind kind, std::string_view token, Time now) const;
  /// Changes with the user's password.
  [[nodiscard]] std::string mark_of(std::string_view user, std::string_view password_hash) const;

 private:
  [[nodiscard]] const std::string& head(Kind kind) const noexcept { return kind == Kind::access ? access_ : refresh_; }
  [[nodiscard]] std::string audience(Kind kind) const;

  std::string key_;
  std::string service_;
  std::string access_;   // the encoded header
  std::string refresh_;  // of either kind
};

}  // namespace dray::server
