#pragma once

#include <dray/server/access.hpp>
#include <memory>

#include "passwords.hpp"
#include "permissions.hpp"

namespace dray::server {

/// Basic credentials at every request.
class BasicAccess final : public Access {
 public:
  BasicAccess(std::shared_ptr<Passwords> passwords, std::shared_ptr<Permissions> permissions)
      : passwords_(std::move(passwords)), permissions_(std::move(permissions)) {}

  [[nodiscard]] std::optional<Decision> decide_at_once(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] Decision decide(const Request& request, std::span<const Need> needs) override;
  [[nodiscard]] std::string token_path() const override { return {}; }
  [[nodiscard]] Response answer_token(const Request& request, std::string_view form) override;

 private:
  [[nodiscard]] Decision judge(const std::string& user, std::span<const Need> needs);
  [[nodiscard]] Decision judge(Passwords::Verdict verdict, const std::string& user, std::span<const Need> needs);

  std::shared_ptr<Passwords> passwords_;
  std::shared_ptr<Permissions> permissions_;
};

/// The challenge for a login: `Basic realm="dray"`.
[[nodiscard]] std::string basic_challenge();
[[nodiscard]] Denied too_many_logins();

}  // namespace dray::server
