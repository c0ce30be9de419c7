#include "bearer_access.hpp"

#include <algorithm>
#include <utility>

namespace dray::server {

BearerAccess::BearerAccess(std::shared_ptr<Passwords> passwords, std::shared_ptr<Permissions> permissions,
                           Tokens tokens, BearerRealm realm, const Clock& clock)
    : passwords_(std::move(passwords)),
      permissions_(std::move(permissions)),
      tokens_(std::move(tokens)),
      realm_(std::move(realm)),
      clock_(clock),
      service_(passwords_, permissions_, tokens_, realm_.service, realm_.basic_realm, clock_) {}

std::optional<Decision> BearerAccess::decide_at_once(const Request& request, std::span<const Need> needs) {
  return decide(request, needs);
}

Decision BearerAccess::decide(const Request& request, std::span<const Need> needs) {
  const Asked asked{request, needs};
  const auto credential = read_authorization(request.headers);
  if (const auto* const token = std::get_if<BearerToken>(&credential)) return decide_by(token->text, asked);
  if (std::holds_alternative<NoCredential>(credential)) return decide_without_token(asked);
  return challenge(asked, "a bearer token is needed; the token service takes passwords");
}

Response BearerAccess::answer_token(const Request& request, std::string_view form) {
  return service_.answer(request, form);
}

Decision BearerAccess::decide_without_token(const Asked& asked) {
  // Without a need the client asks how to log in.
  if (!asked.needs.empty() && all_allowed({}, asked.needs)) return Granted{};
  return challenge(asked, "authentication required");
}

Decision BearerAccess::decide_by(const std::string& token, const Asked& asked) {
  const auto claims = tokens_.verify(Tokens::Kind::access, token, clock_.wall_now());
  if (!claims) return challenge(asked, claims.error().message(), "invalid_token");
  if (!still_holds(*claims)) return challenge(asked, "the token is no longer valid", "invalid_token");
  const bool allowed = all_allowed(claims->user, asked.needs);
  if (!allowed && !claims->user.empty()) return Denied{.challenges = {}, .why = "this user may not do that"};
  const bool covered = std::ranges::all_of(asked.needs, [&](const Need& need) { return covers(claims->access, need); });
  if (allowed && covered) return Granted{claims->user};
  return challenge(asked, "the token is not good for that", "insufficient_scope");
}

Denied BearerAccess::challenge(const Asked& asked, std::string why, std::string_view error) const {
  return {.challenges = {bearer_challenge(realm_, asked.request, asked.needs, error)}, .why = std::move(why)};
}

bool BearerAccess::still_holds(const Claims& claims) {
  if (claims.user.empty()) return true;
  const auto users = passwords_->users();
  const auto* const hash = users->hash_of(claims.user);
  return hash != nullptr && tokens_.mark_of(claims.user, *hash) == claims.mark;
}

bool BearerAccess::all_allowed(const std::string& user, std::span<const Need> needs) {
  return std::ranges::all_of(needs, [&](const Need& need) { return permissions_->allow(user, need); });
}

}  // namespace dray::server
