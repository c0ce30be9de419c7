#pragma once

#include <cstdint>
#include <dray/base/clock.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "authorization.hpp"
#include "htpasswd.hpp"
#include "login_limits.hpp"
#include "password_hasher.hpp"
#include "remembered_logins.hpp"
#include "watched_file.hpp"

namespace dray::server {

/// Checks logins against an htpasswd file. Safe from many threads.
class Passwords {
 public:
  enum class Verdict : std::uint8_t { right, wrong, too_many };

  /// `clock` must outlive it.
  Passwords(std::unique_ptr<WatchedFile<Users>> file, std::unique_ptr<PasswordHasher> hasher, const Clock& clock);

  /// The users as the file names them now.
  [[nodiscard]] std::shared_ptr<const Users> users();
  /// The verdict where it takes no bcrypt.
  [[nodiscard]] std::optional<Verdict> check_at_once(const Login& login, std::string_view address);
  /// A failed check takes the same number of bcrypt rounds for every user, known or not: those of the highest cost in
  /// the file.
  [[nodiscard]] Verdict check(const Login& login, std::string_view address);

 private:
  [[nodiscard]] bool matches(const Login& login, const std::string* hash, unsigned highest_cost) const;

  std::unique_ptr<WatchedFile<Users>> file_;
  std::unique_ptr<PasswordHasher> hasher_;
  LoginLimits limits_;
  RememberedLogins remembered_;
  Guarded<std::shared_ptr<const Users>> seen_;
};

}  // namespace dray::server
