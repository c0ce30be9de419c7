#include "passwords.hpp"

#include <utility>

namespace dray::server {

Passwords::Passwords(std::unique_ptr<WatchedFile<Users>> file, std::unique_ptr<PasswordHasher> hasher,
                     const Clock& clock)
    : file_(std::move(file)), hasher_(std::move(hasher)), limits_(clock), remembered_(clock) {}

std::shared_ptr<const Users> Passwords::users() {
  auto users = file_->current();
  const bool changed = seen_.with([&](auto& seen) { return std::exchange(seen, users) != users; });
  if (changed) remembered_.forget_all();
  return users;
}

std::optional<Passwords::Verdict> Passwords::check_at_once(const Login& login, std::string_view address) {
  const auto known = users();
  const auto* const hash = known->hash_of(login.user);
  if (hash != nullptr && remembered_.knows(login.user, login.password, *hash)) return Verdict::right;
  if (limits_.refuses(address)) return Verdict::too_many;
  return std::nullopt;
}

Passwords::Verdict Passwords::check(const Login& login, std::string_view address) {
  const auto known = users();
  const auto* const hash = known->hash_of(login.user);
  if (hash != nullptr && remembered_.knows(login.user, login.password, *hash)) return Verdict::right;
  if (!limits_.begin(address)) return Verdict::too_many;
  if (!matches(login, hash, known->highest_cost()) || hash == nullptr) return Verdict::wrong;
  limits_.succeeded(address);
  remembered_.remember(login.user, login.password, *hash);
  return Verdict::right;
}

bool Passwords::matches(const Login& login, const std::string* hash, unsigned highest_cost) const {
  if (hash == nullptr) {
    static_cast<void>(hasher_->matches(login.password, unmatched_hash(highest_cost)));
    return false;
  }
  if (hasher_->matches(login.password, *hash)) return true;
  // 2^c + 2^c + 2^(c+1) + … + 2^(highest-1) = 2^highest
  for (unsigned cost = bcrypt_cost(*hash); cost < highest_cost; ++cost) {
    static_cast<void>(hasher_->matches(login.password, unmatched_hash(cost)));
  }
  return false;
}

}  // namespace dray::server
