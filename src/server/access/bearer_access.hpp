#pragma once

#include <dray/base/clock.hpp>
#include <dray/server/access.hpp>
#include <memory>

#include "bearer_challenge.hpp"
#include "passwords.hpp"
#include "permissions.hpp"
#include "token.hpp"
#include "token_service.hpp"

namespace dray::server {

/// Bearer tokens of our own service at every request. What a token says is only half the answer: its user must still
/// be there with the same password, and the permissions must still allow it.
class BearerAccess final : public Access {
 public:
  /// `clock` must outlive it.
  BearerAccess(std::shared_ptr<Passwords> passwords, std::shared_ptr<Permissions> permissions, Tokens tokens,
               BearerRealm realm, const Clock& clock);

  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] Decision decide(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] std::string token_path() const override { return realm_.path; }
  [[nodiscard]] Response answer_token(const Request& request, std::string_view form) override;

 private:
  struct Asked {
    const Request& request;
    std::span<const Need> needs;
  };
  [[nodiscard]] Decision decide_without_token(const Asked& asked);
  [[nodiscard]] Decision decide_by(const std::string& token, const Asked& asked);
  [[nodiscard]] Denied challenge(const Asked& asked, std::string why, std::string_view error = {}) const;
  [[nodiscard]] bool still_holds(const Claims& claims);
  [[nodiscard]] bool all_allowed(const std::string& user, std::span<const Need> needs);

  std::shared_ptr<Passwords> passwords_;
  std::shared_ptr<Permissions> permissions_;
  Tokens tokens_;
  BearerRealm realm_;
  const Clock& clock_;
  TokenService service_;
};

}  // namespace dray::server
