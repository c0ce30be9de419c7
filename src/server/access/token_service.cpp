#include "token_service.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <dray/core/reference.hpp>
#include <dray/format/json.hpp>
#include <dray/server/limits.hpp>
#include <optional>
#include <utility>

#include "basic_access.hpp"

namespace dray::server {
namespace {

Response json_response(int status, const Json& json) {
  Response response{.status = status, .headers = {}, .body = json.dump()};
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

/// In OAuth's words (RFC 6749 section 5.2) and, since a GET's client reads those, in the registry's.
Response refuse(int status, const char* error, std::string_view why) {
  const char* code = "UNSUPPORTED";
  if (status == 401) code = "UNAUTHORIZED";
  if (status == 429) code = "TOOMANYREQUESTS";
  Json entry;
  entry.set("code", code);
  entry.set("message", why);
  Json json;
  json.set("error", error);
  json.set("error_description", why);
  json.set("errors", Json::Array{std::move(entry)});
  return json_response(status, json);
}

Response refuse_request(std::string_view why) { return refuse(400, "invalid_request", why); }

Response refuse_flood() {
  auto response = refuse(429, "temporarily_unavailable", too_many_logins().why);
  response.headers.add("Retry-After", std::to_string(limits::failed_login_window.count()));
  return response;
}

bool is_form(const Request& request) {
  const auto* const type = request.headers.find("Content-Type");
  if (type == nullptr) return false;
  constexpr std::string_view wanted = "application/x-www-form-urlencoded";
  const std::string_view text(*type);
  return text.starts_with(wanted) &&
         (text.size() == wanted.size() || text[wanted.size()] == ';' || text[wanted.size()] == ' ');
}

bool is(const Form& form, std::string_view name, std::string_view value) {
  const auto* const found = form.find(name);
  return found != nullptr && *found == value;
}

bool wants(const Scope& scope, std::string_view action) {
  return std::ranges::any_of(scope.actions, [&](const std::string& asked) { return asked == action || asked == "*"; });
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

Response TokenService::answer(const Request& request, std::string_view form) {
  if (request.method == Method::get) return answer_get(request);
  if (request.method == Method::post) return answer_post(request, form);
  auto response = refuse(405, "invalid_request", "tokens are asked for with GET or POST");
  response.headers.add("Allow", "GET, POST");
  return response;
}

Response TokenService::answer_get(const Request& request) {
  const Form form(request.query);
  const auto credential = read_authorization(request.headers);
  if (const auto* const login = std::get_if<Login>(&credential)) {
    if (auto refusal = refusal_of(passwords_->check(*login, request.peer))) return std::move(*refusal);
    return give(form,
                {.user = login->user, .new_refresh_token = is(form, "offline_token", "true"), .refresh_token = {}});
  }
  if (!std::holds_alternative<NoCredential>(credential)) {
    return refuse_login("the Authorization header is none that is understood here");
  }
  if (!permissions_->allow_anonymous()) return refuse_login("authentication required");
  return give(form, {});
}

Response TokenService::answer_post(const Request& request, std::string_view body) {
  if (!is_form(request)) return refuse_request("the body must be application/x-www-form-urlencoded");
  if (body.size() > limits::max_form_bytes) return refuse_request("the form is too large");
  const auto form = Form::parse(body);
  if (!form) return refuse_request("the form is malformed");
  for (const auto* const once :
       {"grant_type", "service", "client_id", "username", "password", "refresh_token", "access_type"}) {
    if (form->has_twice(once)) return refuse_request(std::string(once) + " is there twice");
  }
  const auto* const grant_type = form->find("grant_type");
  if (grant_type == nullptr) return refuse_request("grant_type is missing");
  if (*grant_type == "password") return answer_password(request, *form);
  if (*grant_type == "refresh_token") return answer_refresh(*form);
  return refuse(400, "unsupported_grant_type", "grant_type must be password or refresh_token");
}

Response TokenService::answer_password(const Request& request, const Form& form) {
  const auto* const user = form.find("username");
  const auto* const password = form.find("password");
  if (user == nullptr || password == nullptr) return refuse_request("username or password is missing");
  const Login login{*user, *password};
  if (!is_sound(login)) return refuse_login("wrong user name or password");
  if (auto refusal = refusal_of(passwords_->check(login, request.peer))) return std::move(*refusal);
  return give(form, {.user = login.user, .new_refresh_token = is(form, "access_type", "offline"), .refresh_token = {}});
}

Response TokenService::answer_refresh(const Form& form) {
  const auto* const token = form.find("refresh_token");
  if (token == nullptr) return refuse_request("refresh_token is missing");
  const auto claims = tokens_.verify(Tokens::Kind::refresh, *token, clock_.wall_now());
  if (!claims) return refuse_login("the refresh token is not valid");
  const auto users = passwords_->users();
  const auto* const hash = users->hash_of(claims->user);
  if (hash == nullptr || tokens_.mark_of(claims->user, *hash) != claims->mark) {
    return refuse_login("the refresh token is not valid");
  }
  return give(form,
              {.user = claims->user, .refresh_token = is(form, "access_type", "offline") ? *token : std::string()});
}

Response TokenService::give(const Form& form, Wanted wanted) {
  if (const auto* const service = form.find("service"); service != nullptr && *service != service_) {
    return refuse_request("this is not the service that tokens are given for here");
  }
  const auto asked = parse_scopes(form.all("scope"));
  if (!asked) return refuse(400, "invalid_scope", asked.error().message());

  Claims claims{.user = std::move(wanted.user), .mark = {}, .access = {}};
  const auto users = passwords_->users();
  if (const auto* const hash = users->hash_of(claims.user)) claims.mark = tokens_.mark_of(claims.user, *hash);
  claims.access = grant(claims.user, *asked);
  const auto now = clock_.wall_now();
  const auto token = tokens_.issue(Tokens::Kind::access, claims, now);
  if (token.size() > limits::max_presented_token_bytes) {
    return refuse(400, "invalid_scope", "a token for so many scopes is too large to be presented");
  }
  Json json;
  json.set("token", token);
  json.set("access_token", token);
  json.set("scope", scope_text(claims.access));
  json.set("expires_in", static_cast<std::int64_t>(limits::token_lifetime.count()));
  json.set("issued_at", rfc3339(now));
  if (wanted.new_refresh_token) {
    claims.access.clear();
    wanted.refresh_token = tokens_.issue(Tokens::Kind::refresh, claims, now);
  }
  if (!wanted.refresh_token.empty()) json.set("refresh_token", std::move(wanted.refresh_token));
  return json_response(200, json);
}

Response TokenService::refuse_login(std::string_view why) const {
  auto response = refuse(401, "invalid_grant", why);
  response.headers.add("WWW-Authenticate", basic_challenge(basic_realm_));
  return response;
}

std::optional<Response> TokenService::refusal_of(Passwords::Verdict verdict) const {
  switch (verdict) {
    case Passwords::Verdict::right:
      return std::nullopt;
    case Passwords::Verdict::wrong:
      return refuse_login("wrong user name or password");
    case Passwords::Verdict::too_many:
      return refuse_flood();
  }
  return refuse_flood();
}

std::vector<Scope> TokenService::grant(const std::string& user, const std::vector<Scope>& asked) {
  std::vector<Scope> granted;
  for (const auto& scope : asked) {
    Scope given{scope.type, scope.name, {}};
    if (scope.type == "registry" && scope.name == "catalog") {
      if (wants(scope, "*") && permissions_->allow(user, {})) given.actions.emplace_back("*");
    } else if (scope.type == "repository" && check_repository_path(scope.name)) {
      for (const auto action : {Action::pull, Action::push, Action::remove}) {
        if (wants(scope, name(action)) && permissions_->allow(user, {scope.name, action})) {
          given.actions.emplace_back(name(action));
        }
      }
    }
    if (!given.actions.empty()) granted.push_back(std::move(given));
  }
  return granted;
}

}  // namespace dray::server
