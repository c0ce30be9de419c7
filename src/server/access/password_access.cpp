#include "password_access.hpp"

#include <dray/server/limits.hpp>
#include <utility>

#include "basic_access.hpp"

namespace dray::server {
namespace {

Result<std::shared_ptr<Passwords>> open_passwords(const AccessOptions& options, Clock& clock,
                                                  std::unique_ptr<PasswordHasher> hasher) {
  DRAY_TRY_ASSIGN(auto file, WatchedFile<Users>::open(options.htpasswd, limits::max_password_file_bytes, &Users::parse,
                                                      clock, options.report));
  return std::make_shared<Passwords>(std::move(file), std::move(hasher), clock);
}

}  // namespace

Result<std::shared_ptr<Access>> make_password_access(const AccessOptions& options, Clock& clock,
                                                     std::unique_ptr<PasswordHasher> hasher) {
  DRAY_TRY_ASSIGN(auto passwords, open_passwords(options, clock, std::move(hasher)));
  std::shared_ptr<Permissions> permissions = simple_permissions(options.anonymous_pull);
  return std::shared_ptr<Access>(std::make_shared<BasicAccess>(std::move(passwords), std::move(permissions)));
}

Result<std::shared_ptr<Access>> password_access(const AccessOptions& options, Clock& clock) {
  return make_password_access(options, clock, crypt_hasher());
}

}  // namespace dray::server
