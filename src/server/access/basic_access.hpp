#pragma once

#include <dray/server/access.hpp>
#include <memory>

#include "passwords.hpp"
#include "permissions.hpp"

namespace dray::server {

/// Basic credentials at every request.
class BasicAccess final : public Access {
 public:
  BasicAccess(std::shared_ptr<Passwords> passwords, std::shared_ptr<Permissions> permissions, std::string realm)
      : passwords_(std::move(passwords)), permissions_(std::move(permissions)), realm_(std::move(realm)) {}

  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] Decision decide(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] std::string token_path() const override { return {}; }
  [[nodiscard]] Response answer_token(const Request& request, std::string_view form) override;

 private:
  [[nodiscard]] Decision judge(const std::string& user, std::span<const Need> needs);
  [[nodiscard]] Decision judge(Passwords::Verdict verdict, const std::string& user, std::span<const Need> needs);

  [[nodiscard]] Denied ask_for_login(std::string why) const;

  std::shared_ptr<Passwords> passwords_;
  std::shared_ptr<Permissions> permissions_;
  std::string realm_;
};

/// The challenge for a login: `Basic realm="dray"`; the realm is one that needs no escapes.
[[nodiscard]] std::string basic_challenge(std::string_view realm);
[[nodiscard]] Denied too_many_logins();

}  // namespace dray::server
