#include "password_access.hpp"

#include <dray/core/limits.hpp>
#include <dray/server/limits.hpp>
#include <utility>

#include "../crypto.hpp"
#include "../key_file.hpp"
#include "basic_access.hpp"
#include "bearer_access.hpp"
#include "policy.hpp"

namespace dray::server {
namespace {

Result<std::shared_ptr<Passwords>> open_passwords(const AccessOptions& options, Clock& clock,
                                                  std::unique_ptr<PasswordHasher> hasher) {
  DRAY_TRY_ASSIGN(auto file, WatchedFile<Users>::open(options.htpasswd, limits::max_password_file_bytes, &Users::parse,
                                                      clock, options.report));
  return std::make_shared<Passwords>(std::move(file), std::move(hasher), clock);
}

Result<std::shared_ptr<Permissions>> open_permissions(const AccessOptions& options, const Clock& clock) {
  if (!options.policy) return std::shared_ptr<Permissions>(simple_permissions(options.anonymous_pull));
  if (options.anonymous_pull) {
    return Error(ErrorCode::invalid_input,
                 "with a policy file it alone says who may pull: write a rule for the user 'anonymous' there");
  }
  DRAY_TRY_ASSIGN(auto file, WatchedFile<Policy>::open(*options.policy, dray::limits::max_yaml_bytes, &Policy::parse,
                                                       clock, options.report));
  return std::shared_ptr<Permissions>(policy_permissions(std::move(file)));
}

Result<void> check_words(const AccessOptions& options) {
  const auto refuse = [](const char* what) {
    return Error(ErrorCode::invalid_input,
                 std::string(what) + " may have no quotes, backslashes and control characters");
  };
  if (!is_quotable(options.basic_realm)) return refuse("the realm");
  if (options.service.empty() || !is_quotable(options.service)) return refuse("the service's name must be there and");
  if (!options.realm) return {};
  if (!is_quotable(*options.realm)) return refuse("the token service's URL");
  if (options.realm->starts_with("https://") || options.realm->starts_with("http://")) return {};
  return Error(ErrorCode::invalid_input, "the token service's URL must begin with https:// or http://");
}

Result<std::string> token_key(const AccessOptions& options) {
  if (options.signing_key) return read_key_file(*options.signing_key, limits::min_token_key_bytes);
  return random_bytes(limits::min_token_key_bytes);
}

}  // namespace

Result<std::shared_ptr<Access>> make_password_access(const AccessOptions& options, Clock& clock,
                                                     std::unique_ptr<PasswordHasher> hasher) {
  DRAY_TRY_ASSIGN(auto passwords, open_passwords(options, clock, std::move(hasher)));
  DRAY_TRY_ASSIGN(auto permissions, open_permissions(options, clock));
  DRAY_TRY(check_words(options));
  if (options.tokens) {
    DRAY_TRY_ASSIGN(auto key, token_key(options));
    return std::shared_ptr<Access>(std::make_shared<BearerAccess>(
        std::move(passwords), std::move(permissions), Tokens(std::move(key), options.service),
        BearerRealm{
            .service = options.service, .url = options.realm, .path = "/token", .basic_realm = options.basic_realm},
        clock));
  }
  return std::shared_ptr<Access>(
      std::make_shared<BasicAccess>(std::move(passwords), std::move(permissions), options.basic_realm));
}

Result<std::shared_ptr<Access>> password_access(const AccessOptions& options, Clock& clock) {
  return make_password_access(options, clock, crypt_hasher());
}

}  // namespace dray::server
