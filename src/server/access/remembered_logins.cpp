#include "remembered_logins.hpp"

#include <dray/server/limits.hpp>

#include "../crypto.hpp"

namespace dray::server {

RememberedLogins::RememberedLogins(const Clock& clock) : clock_(clock), key_(random_bytes(32)) {}

std::string RememberedLogins::mark(std::string_view user, std::string_view password, std::string_view hash) const {
  // The sizes keep `a` + `bc` apart from `ab` + `c`.
  std::string text = std::to_string(user.size()) + ":" + std::to_string(password.size()) + ":";
  text.append(user).append(password).append(hash);
  return hmac_sha256(key_, text);
}

bool RememberedLogins::knows(std::string_view user, std::string_view password, std::string_view hash) const {
  const auto wanted = mark(user, password, hash);
  const auto now = clock_.now();
  return ends_.with([&](const auto& ends) {
    const auto found = ends.find(wanted);
    return found != ends.end() && now < found->second;
  });
}

void RememberedLogins::remember(std::string_view user, std::string_view password, std::string_view hash) {
  auto fresh = mark(user, password, hash);
  const auto now = clock_.now();
  ends_.with([&](auto& ends) {
    if (ends.size() >= limits::max_remembered_logins) {
      std::erase_if(ends, [&](const auto& entry) { return entry.second <= now; });
    }
    // Still full: the marks are as good as random, so any of them may go.
    if (ends.size() >= limits::max_remembered_logins) ends.erase(ends.begin());
    ends[std::move(fresh)] = now + limits::remembered_login_lifetime;
  });
}

void RememberedLogins::forget_all() {
  ends_.with([](auto& ends) { ends.clear(); });
}

}  // namespace dray::server
