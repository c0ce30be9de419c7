// The two things that a person asks of a registry's door by name: to try a credential, and to get a token.
#include <fmt/format.h>
#include <dray/http/response.hpp>

#include "authenticator.hpp"
#include "basic.hpp"
#include "challenges.hpp"
#include "scope.hpp"
#include "secret_name.hpp"

namespace dray::client {
namespace {

Error held_back(const AccessTarget& target, const TokenServer& server, const Credential& who) {
  return {ErrorCode::denied, describe_use(target.registry, server, who)};
}

bool is_refusal(int status) { return status == 401 || status == 403; }

}  // namespace

Result<LoginAnswer> Authenticator::log_in(const AccessTarget& target, const Credential& credential,
                                          const LoginOptions& options, const std::stop_token& stop) {
  const auto attempted = "log in to " + target.registry.text();
  DRAY_TRY_ASSIGN(auto answer, send_ping(target.base, {}, stop));
  const auto& head = answer->head();
  if (head.status / 100 == 2) {
    http::discard(std::move(answer));
    return LoginAnswer{};
  }
  const auto challenges = http::parse_challenges(head.headers.all("WWW-Authenticate"));
  const auto kind = kind_of(credential);
  if (!is_refusal(head.status) || (!is_answerable(challenges) && kind != SecretKind::registry_token)) {
    return answer_error(*answer, attempted);
  }
  const auto reached = head.connected_to;
  http::discard(std::move(answer));
  const auto* const bearer = find_scheme(challenges, "bearer");
  const auto* const basic = find_scheme(challenges, "basic");
  if (kind == SecretKind::registry_token && (bearer != nullptr || basic == nullptr)) {
    return show(target, LoginAnswer::Way::bearer, {Access::Scheme::bearer, credential.registry_token}, stop);
  }
  const auto server = bearer != nullptr ? token_server(target.base, reached, *bearer, policy_)
                                        : Result<TokenServer>(Error(ErrorCode::unsupported, "no token server"));
  if (server && server->may_see_secrets) {
    const TokenRequest request{*server, {}, credential};
    auto token = options.want_identity_token ? service_.exchange(request, stop) : service_.fetch(request, stop);
    if (!token) return std::move(token).error().context(attempted);
    DRAY_TRY_ASSIGN(auto shown, show(target, LoginAnswer::Way::bearer, {Access::Scheme::bearer, token->value}, stop));
    if (options.want_identity_token) shown.identity_token = std::move(token->refresh_token);
    return shown;
  }
  if (basic != nullptr && kind == SecretKind::password) {
    return show(target, LoginAnswer::Way::basic, {Access::Scheme::basic, basic_authorization(credential)}, stop);
  }
  if (server) return held_back(target, *server, credential);
  if (bearer != nullptr) return Error(server.error()).context(attempted);
  return Error(ErrorCode::unsupported, attempted + ": it asks for a user name and password");
}

Result<LoginAnswer> Authenticator::show(const AccessTarget& target, LoginAnswer::Way way, Access access,
                                        const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto answer, send_ping(target.base, access, stop));
  if (answer->head().status / 100 != 2) return answer_error(*answer, "log in to " + target.registry.text());
  http::discard(std::move(answer));
  return LoginAnswer{way, {}};
}

Result<std::string> Authenticator::token(const AccessTarget& target, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  if (kind_of(who) == SecretKind::registry_token) return who->registry_token;
  DRAY_TRY_ASSIGN(const auto challenges, ping(target.base, stop));
  const auto* const bearer = find_scheme(challenges, "bearer");
  if (bearer == nullptr) {
    return Error(ErrorCode::unsupported,
                 fmt::format("{} {}", target.registry.text(),
                             is_answerable(challenges) ? "takes a user name and password, and no tokens"
                                                       : "asks nobody for a token"));
  }
  DRAY_TRY_ASSIGN(const auto connected_to, reached(target.base, stop));
  DRAY_TRY_ASSIGN(const auto server, token_server(target.base, connected_to, *bearer, policy_));
  if (who && !server.may_see_secrets) return held_back(target, server, *who);
  return fetch_token(target, server, who, scope_texts(target.scopes, {}), stop);
}

}  // namespace dray::client
