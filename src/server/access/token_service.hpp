#pragma once

#include <dray/base/clock.hpp>
#include <dray/server/access.hpp>
#include <memory>
#include <optional>
#include <string>

#include "form.hpp"
#include "passwords.hpp"
#include "permissions.hpp"
#include "token.hpp"

namespace dray::server {

/// Gives out tokens. GET with Basic credentials or none; POST with a form (OAuth 2). A token never holds more than the
/// permissions allow now, and may hold less than was asked for, without an error.
/// Source: distribution, docs/spec/auth/token.md and oauth.md.
class TokenService {
 public:
  /// `clock` must outlive it.
  TokenService(std::shared_ptr<Passwords> passwords, std::shared_ptr<Permissions> permissions, Tokens tokens,
               std::string service, std::string basic_realm, const Clock& clock)
      : passwords_(std::move(passwords)),
        permissions_(std::move(permissions)),
        tokens_(std::move(tokens)),
        service_(std::move(service)),
        basic_realm_(std::move(basic_realm)),
        clock_(clock) {}

  /// May take as long as a password check does.
  [[nodiscard]] Response answer(const Request& request, std::string_view form);

 private:
  [[nodiscard]] Response answer_get(const Request& request);
  [[nodiscard]] Response answer_post(const Request& request, std::string_view body);
  [[nodiscard]] Response answer_password(const Request& request, const Form& form);
  [[nodiscard]] Response answer_refresh(const Form& form);
  /// Checks `service` and the scopes, and makes the tokens. `refresh_token` goes into the answer as it is.
  struct Wanted {
    std::string user;
    bool new_refresh_token = false;
    std::string refresh_token;
  };
  [[nodiscard]] Response give(const Form& form, Wanted wanted);
  [[nodiscard]] Response refuse_login(std::string_view why) const;
  /// nullopt for a right login.
  [[nodiscard]] std::optional<Response> refusal_of(Passwords::Verdict verdict) const;
  [[nodiscard]] std::vector<Scope> grant(const std::string& user, const std::vector<Scope>& asked);

  std::shared_ptr<Passwords> passwords_;
  std::shared_ptr<Permissions> permissions_;
  Tokens tokens_;
  std::string service_;
  std::string basic_realm_;
  const Clock& clock_;
};

}  // namespace dray::server
