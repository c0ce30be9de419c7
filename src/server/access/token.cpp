#include "token.hpp"

#include <algorithm>
#include <dray/format/json.hpp>
#include <dray/server/limits.hpp>
#include <optional>
#include <utility>

#include "../crypto.hpp"

namespace dray::server {
namespace {

using Kind = Tokens::Kind;

std::int64_t unix_seconds(Tokens::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::chrono::seconds lifetime_of(Kind kind) {
  return kind == Kind::access ? limits::token_lifetime : std::chrono::seconds(limits::refresh_token_lifetime);
}

std::string encoded_header(std::string_view key, const char* type) {
  Json header;
  header.set("alg", "HS256");
  header.set("kid", base64url_encode(hmac_sha256(key, "dray key id").substr(0, 12)));
  header.set("typ", type);
  return base64url_encode(header.dump());
}

Error bad_token(const char* why) { return {ErrorCode::unauthorized, why}; }

Json to_json(const std::vector<Scope>& scopes) {
  Json::Array list;
  for (const auto& scope : scopes) {
    Json::Array actions(scope.actions.begin(), scope.actions.end());
    Json entry;
    entry.set("type", scope.type);
    entry.set("name", scope.name);
    entry.set("actions", std::move(actions));
    list.push_back(std::move(entry));
  }
  return list;
}

const std::string* text(const Json& json, std::string_view key) {
  const auto* const member = json.find(key);
  return member == nullptr ? nullptr : member->as_string();
}

std::optional<std::int64_t> number(const Json& json, std::string_view key) {
  const auto* const member = json.find(key);
  return member == nullptr ? std::nullopt : member->as_int();
}

/// Every member is one of these, and each of these is there.
bool has_exactly(const Json& json, std::initializer_list<std::string_view> names) {
  const auto* const object = json.as_object();
  return object != nullptr && object->size() == names.size() &&
         std::ranges::all_of(names, [&](std::string_view name) { return json.find(name) != nullptr; });
}

std::optional<Scope> scope_of(const Json& json) {
  if (!has_exactly(json, {"type", "name", "actions"})) return std::nullopt;
  const auto* const type = text(json, "type");
  const auto* const name = text(json, "name");
  const auto* const actions = json.find("actions")->as_array();
  if (type == nullptr || name == nullptr || actions == nullptr) return std::nullopt;
  Scope scope{*type, *name, {}};
  for (const auto& action : *actions) {
    if (action.as_string() == nullptr) return std::nullopt;
    scope.actions.push_back(*action.as_string());
  }
  return scope;
}

std::optional<std::vector<Scope>> scopes_of(const Json& json) {
  const auto* const list = json.as_array();
  if (list == nullptr) return std::nullopt;
  std::vector<Scope> scopes;
  for (const auto& entry : *list) {
    auto scope = scope_of(entry);
    if (!scope) return std::nullopt;
    scopes.push_back(std::move(*scope));
  }
  return scopes;
}

Result<void> check_times(const Json& claims, Kind kind, std::int64_t now) {
  const auto issued = number(claims, "iat");
  const auto begin = number(claims, "nbf");
  const auto end = number(claims, "exp");
  if (!issued || !begin || !end) return bad_token("the token's times are no whole numbers");
  // All of them near now: no sum below can overflow.
  constexpr std::int64_t far = 1'000'000'000'000;
  if (*issued < 0 || *begin < 0 || *end < 0 || *issued > far || *begin > far || *end > far) {
    return bad_token("the token's times are out of range");
  }
  const auto leeway = limits::token_clock_leeway.count();
  if (*end <= now) return bad_token("the token has expired");
  if (*begin > now + leeway || *issued > now + leeway) return bad_token("the token is not valid yet");
  if (*end - *issued > lifetime_of(kind).count()) return bad_token("the token lives for longer than ours do");
  return {};
}

}  // namespace

Tokens::Tokens(std::string key, std::string service)
    : key_(std::move(key)),
      service_(std::move(service)),
      access_(encoded_header(key_, "JWT")),
      refresh_(encoded_header(key_, "refresh+jwt")) {}

std::string Tokens::audience(Kind kind) const { return kind == Kind::access ? service_ : service_ + "/token"; }

std::string Tokens::mark_of(std::string_view user, std::string_view password_hash) const {
  std::string both = "dray password mark ";
  both.append(user).append(":").append(password_hash);  // no user has a colon
  return base64url_encode(hmac_sha256(key_, both).substr(0, 12));
}

std::string Tokens::issue(Kind kind, const Claims& claims, Time now) const {
  const auto issued = unix_seconds(now);
  Json json;
  json.set("iss", service_);
  json.set("sub", claims.user);
  json.set("aud", audience(kind));
  json.set("exp", issued + lifetime_of(kind).count());
  json.set("nbf", issued);
  json.set("iat", issued);
  json.set("jti", base64url_encode(random_bytes(12)));
  json.set("mark", claims.mark);
  json.set("access", to_json(claims.access));
  const auto signed_part = head(kind) + "." + base64url_encode(json.dump());
  return signed_part + "." + base64url_encode(hmac_sha256(key_, signed_part));
}

Result<Claims> Tokens::verify(Kind kind, std::string_view token, Time now) const {
  if (token.size() > limits::max_presented_token_bytes) return bad_token("the token is too large");
  const auto first = token.find('.');
  const auto last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return bad_token("the token is no JSON web token");
  if (token.substr(0, first) != head(kind)) return bad_token("the token is not one of ours");
  const auto signature = base64url_encode(hmac_sha256(key_, token.substr(0, last)));
  if (!equal_in_constant_time(signature, token.substr(last + 1))) return bad_token("the token's signature is wrong");

  const auto payload = base64url_decode(token.substr(first + 1, last - first - 1));
  const auto claims = payload ? Json::parse(*payload) : bad_token("the token's claims are no base64url");
  if (!claims || !has_exactly(*claims, {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "mark", "access"})) {
    return bad_token("the token's claims are not the ones that ours have");
  }
  const auto* const issuer = text(*claims, "iss");
  const auto* const audience_claim = text(*claims, "aud");
  const auto* const subject = text(*claims, "sub");
  const auto* const mark = text(*claims, "mark");
  if (issuer == nullptr || *issuer != service_) return bad_token("the token is another issuer's");
  if (audience_claim == nullptr || *audience_claim != audience(kind))
    return bad_token("the token is for another service");
  if (subject == nullptr || mark == nullptr || text(*claims, "jti") == nullptr) {
    return bad_token("the token's claims are not the ones that ours have");
  }
  DRAY_TRY(check_times(*claims, kind, unix_seconds(now)));
  auto access = scopes_of(*claims->find("access"));
  if (!access) return bad_token("the token's access claim is malformed");
  return Claims{*subject, *mark, std::move(*access)};
}

}  // namespace dray::server
