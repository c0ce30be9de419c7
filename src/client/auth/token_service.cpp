#include "token_service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <dray/client/registry_client.hpp>
#include <dray/core/limits.hpp>
#include <dray/http/response.hpp>

#include "basic.hpp"
#include "secret_name.hpp"

namespace dray::client {
namespace {

constexpr const char* client_id = "dray";

/// The secret that this server is shown.
SecretKind shown_secret(const TokenRequest& request) {
  return request.server.may_see_secrets ? kind_of(request.credential) : SecretKind::none;
}

bool is_unknown_method(int status) { return status == 404 || status == 405; }

http::Url token_url(const TokenRequest& request, bool offline) {
  auto url = request.server.realm;
  if (!request.server.service.empty()) url = url.with_query("service", request.server.service);
  for (const auto& scope : request.scopes) url = url.with_query("scope", scope);
  if (offline) url = url.with_query("client_id", client_id).with_query("offline_token", "true");
  return url;
}

std::string attempted(const TokenRequest& request) {
  const auto origin = request.server.realm.origin().text();
  if (request.scopes.empty()) return "get a token from " + origin;
  return fmt::format("get a token for {} from {}", fmt::join(request.scopes, " and "), origin);
}

/// A token server's 400 and 401 both mean that it does not like who asks.
Error refusal(http::Exchange& answer, const TokenRequest& request) {
  auto error = answer_error(answer, attempted(request));
  const auto status = answer.head().status;
  if (status == 400 || status == 401) return std::move(error).with_code(ErrorCode::unauthorized);
  return error;
}

std::vector<std::string> refresh_key(const TokenRequest& request) {
  return {request.server.realm.text(), request.server.service, request.credential->identity_token};
}

}  // namespace

http::Call TokenService::call(http::Method method, const TokenRequest& request) const {
  http::Call call{
      http::Request{method, request.server.realm, {}, std::nullopt, request.server.addresses}, {}, {}, true, false, {}};
  call.request.shows_certificate = request.server.may_see_secrets;
  call.everywhere.add("Accept", "application/json");
  call.policy.allow_private = allow_private_;
  call.policy.max_redirects = limits::max_token_redirects;
  return call;
}

Result<Token> TokenService::fetch(const TokenRequest& request, const std::stop_token& stop) {
  if (shown_secret(request) == SecretKind::identity_token) return refresh(request, stop);
  return get(request, false, stop);
}

Result<Token> TokenService::exchange(const TokenRequest& request, const std::stop_token& stop) {
  if (shown_secret(request) != SecretKind::password) return fetch(request, stop);
  const auto& who = *request.credential;
  DRAY_TRY_ASSIGN(auto answer, post(request,
                                    {{"grant_type", "password"},
                                     {"username", who.username},
                                     {"password", who.password},
                                     {"access_type", "offline"}},
                                    stop));
  const auto status = answer->head().status;
  if (!is_unknown_method(status) && status != 400 && status != 401) return take(request, std::move(answer));
  http::discard(std::move(answer));
  return get(request, true, stop);
}

Result<Token> TokenService::refresh(const TokenRequest& request, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto answer,
                  post(request, {{"grant_type", "refresh_token"}, {"refresh_token", current(request)}}, stop));
  const auto status = answer->head().status;
  if (is_unknown_method(status)) {
    http::discard(std::move(answer));
    if (!request.credential->password.empty()) return get(request, false, stop);
    return Error(ErrorCode::unauthorized,
                 fmt::format("{}: it takes no identity tokens (it answered {}); log in again with a password",
                             attempted(request), status))
        .with_peer(status, "");
  }
  if (status == 400 || status == 401) replace(request, "");  // the one that was stored may hold longer
  auto token = take(request, std::move(answer));
  if (token && !token->refresh_token.empty()) replace(request, token->refresh_token);
  return token;
}

Result<TokenService::Answer> TokenService::post(const TokenRequest& request, const Fields& grant,
                                                const std::stop_token& stop) {
  auto call = this->call(http::Method::post, request);
  std::string form;
  const auto add = [&form](const std::string& name, const std::string& value) {
    form += fmt::format("{}{}={}", form.empty() ? "" : "&", name, http::percent_encode(value));
  };
  for (const auto& [name, value] : grant) add(name, value);
  if (!request.server.service.empty()) add("service", request.server.service);
  add("client_id", client_id);
  if (!request.scopes.empty()) add("scope", fmt::format("{}", fmt::join(request.scopes, " ")));
  call.request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  call.request.body = http::text_body(std::move(form));
  call.follow = false;     // the secret is in the body
  call.may_repeat = true;  // a token that nobody uses does no harm
  auto answer = session_->send(call, stop);
  if (!answer) return std::move(answer).error().context(attempted(request));
  return answer;
}

Result<Token> TokenService::get(const TokenRequest& request, bool offline, const std::stop_token& stop) {
  auto call = this->call(http::Method::get, request);
  call.request.url = token_url(request, offline);
  const bool has_password = request.credential && !request.credential->password.empty();
  if (shown_secret(request) != SecretKind::none && has_password) {
    call.authorize = bound_to(request.server.realm.origin(), basic_authorization(*request.credential));
  }
  auto answer = session_->send(call, stop);
  if (!answer) return std::move(answer).error().context(attempted(request));
  return take(request, *std::move(answer));
}

Result<Token> TokenService::take(const TokenRequest& request, Answer answer) {
  if (answer->head().status != 200) return refusal(*answer, request);
  auto token = http::read_body(*answer, limits::max_token_bytes).and_then([&](const std::string& body) {
    return parse_token(body, session_->clock().wall_now());
  });
  if (!token) return std::move(token).error().context(attempted(request));
  observer_->on(Observer::TokenFetched{
      request.server.realm.printable(), request.server.service, fmt::format("{}", fmt::join(request.scopes, " ")),
      shown_secret(request) == SecretKind::none ? std::string() : account_of(request.credential),
      token->lifetime.count()});
  return token;
}

std::string TokenService::current(const TokenRequest& request) const {
  return refresh_tokens_.with([&](const auto& tokens) {
    const auto found = tokens.find(refresh_key(request));
    return found == tokens.end() ? request.credential->identity_token : found->second;
  });
}

void TokenService::replace(const TokenRequest& request, const std::string& refresh_token) {
  refresh_tokens_.with([&](auto& tokens) {
    if (refresh_token.empty()) {
      tokens.erase(refresh_key(request));
    } else {
      tokens[refresh_key(request)] = refresh_token;
    }
  });
}

}  // namespace dray::client
