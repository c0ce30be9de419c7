#include "basic_access.hpp"

#include <algorithm>

namespace dray::server {

std::string basic_challenge(std::string_view realm) {
  return "Basic realm=\"" + std::string(realm) + R"(", charset="UTF-8")";
}

Denied too_many_logins() {
  return {.challenges = {}, .why = "too many failed logins from this address; try again in a minute", .too_many = true};
}

std::optional<Decision> BasicAccess::decide_at_once(const Request& request, std::span<const Need> needs) {
  const auto credential = read_authorization(request.headers);
  if (std::holds_alternative<NoCredential>(credential)) return judge({}, needs);
  const auto* const login = std::get_if<Login>(&credential);
  if (login == nullptr) return ask_for_login("the Authorization header is none that is understood here");
  const auto verdict = passwords_->check_at_once(*login, request.peer);
  if (!verdict) return std::nullopt;
  return judge(*verdict, login->user, needs);
}

Decision BasicAccess::decide(const Request& request, std::span<const Need> needs) {
  if (auto decision = decide_at_once(request, needs)) return *decision;
  const auto login = std::get<Login>(read_authorization(request.headers));
  return judge(passwords_->check(login, request.peer), login.user, needs);
}

Denied BasicAccess::ask_for_login(std::string why) const {
  return {.challenges = {basic_challenge(realm_)}, .why = std::move(why)};
}

Decision BasicAccess::judge(Passwords::Verdict verdict, const std::string& user, std::span<const Need> needs) {
  switch (verdict) {
    case Passwords::Verdict::right:
      return judge(user, needs);
    case Passwords::Verdict::wrong:
      return ask_for_login("wrong user name or password");
    case Passwords::Verdict::too_many:
      return too_many_logins();
  }
  return too_many_logins();
}

Decision BasicAccess::judge(const std::string& user, std::span<const Need> needs) {
  // Without a need the client asks whether it has to log in, and would push without a credential after a yes.
  const bool allowed =
      needs.empty() ? !user.empty()
                    : std::ranges::all_of(needs, [&](const Need& need) { return permissions_->allow(user, need); });
  if (allowed) return Granted{user};
  if (user.empty()) return ask_for_login("authentication required");
  return Denied{.challenges = {}, .why = "this user may not do that"};
}

Response BasicAccess::answer_token(const Request& /*request*/, std::string_view /*form*/) {
  return {.status = 404, .headers = {}, .body = std::string()};
}

}  // namespace dray::server
