#include "authenticator.hpp"

#include <fmt/format.h>
#include <dray/http/response.hpp>

#include <algorithm>

#include "basic.hpp"
#include "scope.hpp"

namespace dray::client {
namespace {

const http::Challenge* find_scheme(const std::vector<http::Challenge>& challenges, std::string_view scheme) {
  const auto found = std::find_if(challenges.begin(), challenges.end(),
                                  [&](const http::Challenge& challenge) { return challenge.scheme == scheme; });
  return found == challenges.end() ? nullptr : &*found;
}

std::string parameter(const http::Challenge& challenge, const std::string& name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? std::string() : found->second;
}

/// Only these say that another token could help; without a word a new one is refused like the old.
bool wants_new_token(const http::Challenge& challenge) {
  const auto error = parameter(challenge, "error");
  return error == "insufficient_scope" || error == "invalid_token";
}

std::string account(const std::optional<Credential>& credential) {
  return credential ? credential->username : std::string();
}

/// For people: whose access was refused and what to try.
std::string describe(const AccessTarget& target, const std::optional<Credential>& credential) {
  const auto& registry = target.registry.text();
  if (!credential) {
    return fmt::format("no credential for {} was found; `docker login {}` makes an entry that is read here", registry,
                       registry);
  }
  return fmt::format("the credential of \"{}\" from {} was used", credential->username, credential->origin);
}

std::string describe(const AccessTarget& target, const TokenServer& server,
                     const std::optional<Credential>& credential) {
  if (!credential || server.may_see_password) return describe(target, credential);
  return fmt::format("the credential of \"{}\" from {} was held back, because the token server {} is not encrypted",
                     credential->username, credential->origin, server.realm.origin().text());
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
      allow_private_(options.allow_private),
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

namespace {

TokenKey token_key(const AccessTarget& target, const TokenServer& server, const std::optional<Credential>& credential) {
  return {target.base.origin().text(), server.realm.text(), server.service, scope_key(target.scopes),
          server.may_see_password ? account(credential) : std::string()};
}

}  // namespace

Result<Access> Authenticator::first(const AccessTarget& target, const std::stop_token& stop) {
  const auto known = state(target.base);
  if (!known.wants_basic && !known.tokens) return Access{};
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  if (known.wants_basic) {
    if (!who) return Access{};
    return Access{Access::Scheme::basic, basic_authorization(*who), false, false, describe(target, who)};
  }
  const auto key = token_key(target, *known.tokens, who);
  if (!tokens_.knows(key)) return Access{};
  DRAY_TRY_ASSIGN(auto value, token(target, *known.tokens, key, who, {}, stop));
  return Access{Access::Scheme::bearer, std::move(value), false, false, describe(target, *known.tokens, who)};
}

Result<AccessDecision> Authenticator::after(const AccessTarget& target, const http::ResponseHead& head,
                                            const Access& used, const std::stop_token& stop) {
  const bool asked_openly = used.scheme == Access::Scheme::none;
  // Some registries say 403 to strangers; whether they take credentials at all, only the ping tells.
  const bool refused = head.status == 401 || (head.status == 403 && asked_openly);
  if (!refused || head.url.origin() != target.base.origin()) return AccessDecision{std::nullopt, used.note};

  auto challenges = http::parse_challenges(head.headers.all("WWW-Authenticate"));
  const auto usable = [&] {
    return find_scheme(challenges, "bearer") != nullptr || find_scheme(challenges, "basic") != nullptr;
  };
  if (!usable() && asked_openly) {
    DRAY_TRY_ASSIGN(challenges, ping(target.base, stop));
  }
  if (const auto* const bearer = find_scheme(challenges, "bearer"))
    return with_token(target, head, *bearer, used, stop);
  if (find_scheme(challenges, "basic") != nullptr) return with_basic(target, used);
  return AccessDecision{std::nullopt, used.note};
}

Result<AccessDecision> Authenticator::with_basic(const AccessTarget& target, const Access& used) {
  if (used.scheme == Access::Scheme::basic) return AccessDecision{std::nullopt, used.note};
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  auto note = describe(target, who);
  if (!who) return AccessDecision{std::nullopt, std::move(note)};
  states_.with([&](auto& states) { states[target.base.origin().text()].wants_basic = true; });
  observer_->on(Observer::CredentialUsed{target.registry.text(), "Basic", who->username, who->origin});
  return AccessDecision{Access{Access::Scheme::basic, basic_authorization(*who), false, false, note}, note};
}

Result<AccessDecision> Authenticator::with_token(const AccessTarget& target, const http::ResponseHead& head,
                                                 const http::Challenge& challenge, const Access& used,
                                                 const std::stop_token& stop) {
  const bool had_token = used.scheme == Access::Scheme::bearer;
  if (had_token && used.fetched && (used.renewed || !wants_new_token(challenge))) {
    return AccessDecision{std::nullopt, used.note};
  }
  DRAY_TRY_ASSIGN(const auto server, token_server(target.base, head.connected_to, challenge, allow_private_));
  states_.with([&](auto& states) {
    auto& state = states[target.base.origin().text()];
    state.tokens = server;
    state.wants_basic = false;
  });
  DRAY_TRY_ASSIGN(const auto who, credential(target));
  auto note = describe(target, server, who);
  const auto key = token_key(target, server, who);
  if (had_token) tokens_.forget(key, used.secret);
  auto value = token(target, server, key, who, parameter(challenge, "scope"), stop);
  if (!value) {
    auto error = std::move(value).error();
    if (error.code() != ErrorCode::unauthorized && error.code() != ErrorCode::denied) return error;
    return Error(error.code(), error.message() + "; " + note).with_peer(error.peer_status(), error.peer_words());
  }
  observer_->on(Observer::CredentialUsed{target.registry.text(), "Bearer",
                                         server.may_see_password ? account(who) : std::string(),
                                         who && server.may_see_password ? who->origin : std::string()});
  return AccessDecision{Access{Access::Scheme::bearer, *std::move(value), true, had_token && used.fetched, note}, note};
}

Result<std::string> Authenticator::token(const AccessTarget& target, const TokenServer& server, const TokenKey& key,
                                         const std::optional<Credential>& who, std::string_view missing,
                                         const std::stop_token& stop) {
  const auto fetch = [&] {
    return service_.fetch(TokenRequest{server, scope_texts(target.scopes, missing), who}, stop);
  };
  return tokens_.get(key, target.token_life, fetch, stop);
}

Result<std::vector<http::Challenge>> Authenticator::ping(const http::Url& base, const std::stop_token& stop) {
  if (auto known = state(base).ping) return *std::move(known);
  DRAY_TRY_ASSIGN(auto url, base.resolve("v2/"));
  http::Call call{http::Request{http::Method::get, std::move(url), {}, std::nullopt, http::AddressRule::any},
                  {},
                  {},
                  false,
                  false,
                  {}};
  DRAY_TRY_ASSIGN(auto answer, session_->send(call, stop));
  note_reached(base, answer->head());
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
