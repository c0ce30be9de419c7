#include "authenticator.hpp"

#include <fmt/format.h>
#include <dray/http/response.hpp>

#include <algorithm>

#include "basic.hpp"
#include "challenges.hpp"
#include "scope.hpp"
#include "secret_name.hpp"

namespace dray::client {
namespace {

TokenKey token_key(const AccessTarget& target, const TokenServer& server, const std::optional<Credential>& credential) {
  return {target.base.origin().text(), server.realm.text(), server.service, scope_key(target.scopes),
          server.may_see_secrets ? account_of(credential) : std::string()};
}

AccessDecision stands(std::string note) { return {std::nullopt, std::move(note)}; }

AccessDecision try_again(Access access) {
  auto note = access.note;
  return {std::move(access), std::move(note)};
}

Access basic_access(const AccessTarget& target, const std::optional<Credential>& who) {
  return {Access::Scheme::basic, basic_authorization(*who), false, false, describe_use(target.registry, who)};
}

}  // namespace

std::optional<std::string> Access::authorization() const {
  switch (scheme) {
    case Scheme::none:
      return std::nullopt;
    case Scheme::basic:
      return secret;
    case Scheme::bearer:
      return "Bearer " + secret;
  }
  return std::nullopt;
}

Authenticator::Authenticator(std::shared_ptr<http::Session> session, const ClientOptions& options)
    : session_(session),
      credentials_(options.credentials ? options.credentials : anonymous()),
      observer_(options.observer ? options.observer : std::make_shared<Observer>()),
      policy_{options.allow_private, options.token_servers},
      service_(session, observer_, options.allow_private),
      tokens_(session->clock()) {}

Authenticator::State Authenticator::state(const http::Url& base) const {
  return states_.with([&](const auto& states) {
    const auto found = states.find(base.origin().text());
    return found == states.end() ? State{} : found->second;
  });
}

Result<std::optional<Credential>> Authenticator::credential(const AccessTarget& target) const {
  return credentials_->find(target.registry, repository_of(target.scopes));
}

Result<Access> Authenticator::first(const AccessTarget& target, const std::stop_token& stop) {
  const auto known = state(target.base);
  if (!known.wants_basic && !known.tokens) return Access{};
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  const auto kind = kind_of(who);
  if (known.wants_basic) return kind == SecretKind::password ? basic_access(target, who) : Access{};
  if (kind == SecretKind::registry_token) {
    return Access{Access::Scheme::bearer, who->registry_token, true, false, describe_use(target.registry, who)};
  }
  const auto key = token_key(target, *known.tokens, who);
  if (!tokens_.knows(key)) return Access{};
  DRAY_TRY_ASSIGN(auto value, fetch_token(target, *known.tokens, who, scope_texts(target.scopes, {}), stop));
  return Access{Access::Scheme::bearer, std::move(value), false, false,
                describe_use(target.registry, *known.tokens, who)};
}

Result<AccessDecision> Authenticator::after(const AccessTarget& target, const http::ResponseHead& head,
                                            const Access& used, const std::stop_token& stop) {
  const bool asked_openly = used.scheme == Access::Scheme::none;
  auto challenges = http::parse_challenges(head.headers.all("WWW-Authenticate"));
  // Some registries say 403 where they mean 401. Whether one without a challenge would take a credential at all, only
  // the ping tells, and it says where tokens are had when the path itself does not.
  const bool refused = head.status == 401 || (head.status == 403 && (asked_openly || is_answerable(challenges)));
  if (!refused || head.url.origin() != target.base.origin()) return stands(used.note);
  if (!is_answerable(challenges)) {
    DRAY_TRY_ASSIGN(challenges, ping(target.base, stop));
  }
  const auto* const bearer = find_scheme(challenges, "bearer");
  const auto* const basic = find_scheme(challenges, "basic");
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  const auto kind = kind_of(who);
  if (kind == SecretKind::registry_token && (bearer != nullptr || basic == nullptr)) {
    return with_registry_token(target, *who, used);
  }
  if (bearer == nullptr) return basic != nullptr ? with_basic(target, who, used) : stands(used.note);

  const auto server = token_server(target.base, head.connected_to, *bearer, policy_);
  const bool usable = server && (server->may_see_secrets || kind != SecretKind::password);
  if (!usable && basic != nullptr && kind == SecretKind::password) return with_basic(target, who, used);
  if (!server) return server.error();
  return with_token(target, *bearer, *server, who, used, stop);
}

Result<AccessDecision> Authenticator::with_basic(const AccessTarget& target, const std::optional<Credential>& who,
                                                 const Access& used) {
  if (used.scheme == Access::Scheme::basic) return stands(used.note);
  if (!who) return stands(describe_use(target.registry, who));
  if (kind_of(who) != SecretKind::password) {
    return stands(fmt::format("{} cannot be used, because {} asks for a user name and password", name_of(*who),
                              target.registry.text()));
  }
  states_.with([&](auto& states) { states[target.base.origin().text()].wants_basic = true; });
  observer_->on(Observer::CredentialUsed{target.registry.text(), "Basic", who->username, who->origin});
  return try_again(basic_access(target, who));
}

Result<AccessDecision> Authenticator::with_registry_token(const AccessTarget& target, const Credential& who,
                                                          const Access& used) {
  if (used.scheme == Access::Scheme::bearer) return stands(used.note);
  observer_->on(Observer::CredentialUsed{target.registry.text(), "Bearer", account_of(who), who.origin});
  return try_again({Access::Scheme::bearer, who.registry_token, true, false, describe_use(target.registry, who)});
}

Result<AccessDecision> Authenticator::with_token(const AccessTarget& target, const http::Challenge& challenge,
                                                 const TokenServer& server, const std::optional<Credential>& who,
                                                 const Access& used, const std::stop_token& stop) {
  const auto key = token_key(target, server, who);
  const bool had_token = used.scheme == Access::Scheme::bearer;
  const auto error = parameter(challenge, "error");
  if (had_token && used.fetched) {
    // Only these say that another token could help; without a word a new one is refused like the old.
    const bool helps =
        error == "insufficient_scope" || error == "invalid_token" || tokens_.has_expired(key, used.secret);
    if (used.renewed || !helps) return stands(used.note);
  }
  states_.with([&](auto& states) {
    auto& state = states[target.base.origin().text()];
    state.tokens = server;
    state.wants_basic = false;
  });
  auto note = describe_use(target.registry, server, who);
  if (had_token) tokens_.forget(key, used.secret);
  const auto missing = parameter(challenge, "scope");
  const bool wants_more = had_token && error == "insufficient_scope";
  const auto scopes = wants_more ? with_missing(target.scopes, missing) : target.scopes;
  auto value = fetch_token(target, server, who, scope_texts(scopes, missing), stop);
  if (!value) {
    auto failure = std::move(value).error();
    if (failure.code() != ErrorCode::unauthorized && failure.code() != ErrorCode::denied) return failure;
    return Error(failure.code(), failure.message() + "; " + note)
        .with_peer(failure.peer_status(), failure.peer_words());
  }
  const bool shown = who && server.may_see_secrets;
  if (who && !shown) observer_->on(Observer::Note{note});
  observer_->on(Observer::CredentialUsed{target.registry.text(), "Bearer", shown ? account_of(who) : std::string(),
                                         shown ? who->origin : std::string()});
  return try_again({Access::Scheme::bearer, *std::move(value), true, had_token && used.fetched, std::move(note)});
}

Result<std::string> Authenticator::fetch_token(const AccessTarget& target, const TokenServer& server,
                                               const std::optional<Credential>& who,
                                               const std::vector<std::string>& scopes, const std::stop_token& stop) {
  const auto fetch = [&] { return service_.fetch(TokenRequest{server, scopes, who}, stop); };
  return tokens_.get(token_key(target, server, who), target.token_life, fetch, stop);
}

Result<Authenticator::Answer> Authenticator::send_ping(const http::Url& base, const Access& access,
                                                       const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto url, base.resolve("v2/"));
  http::Call call{http::Request{http::Method::get, std::move(url), {}, std::nullopt, http::AddressRule::any},
                  {},
                  {},
                  false,
                  false,
                  {}};
  if (auto value = access.authorization()) call.authorize = bound_to(base.origin(), *std::move(value));
  DRAY_TRY_ASSIGN(auto answer, session_->send(call, stop));
  note_reached(base, answer->head());
  return answer;
}

Result<std::vector<http::Challenge>> Authenticator::ping(const http::Url& base, const std::stop_token& stop) {
  if (auto known = state(base).ping) return *std::move(known);
  DRAY_TRY_ASSIGN(auto answer, send_ping(base, {}, stop));
  auto challenges = http::parse_challenges(answer->head().headers.all("WWW-Authenticate"));
  http::discard(std::move(answer));
  states_.with([&](auto& states) { states[base.origin().text()].ping = challenges; });
  return challenges;
}

Result<http::AddressClass> Authenticator::reached(const http::Url& base, const std::stop_token& stop) {
  if (const auto known = state(base).reached) return *known;
  DRAY_TRY(ping(base, stop));
  return state(base).reached.value_or(http::AddressClass::global);
}

void Authenticator::note_reached(const http::Url& base, const http::ResponseHead& head) {
  if (head.url.origin() != base.origin()) return;
  states_.with([&](auto& states) {
    auto& reached = states[base.origin().text()].reached;
    reached = std::max(reached.value_or(head.connected_to), head.connected_to);
  });
}

}  // namespace dray::client
