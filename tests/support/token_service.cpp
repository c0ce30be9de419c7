#include "support/token_service.hpp"

#include <boost/json.hpp>
#include <sstream>

#include "support/hashing.hpp"

namespace dray::testing {
namespace {

constexpr std::string_view service = "twin";
constexpr std::string_view bearer_scheme = "Bearer ";

/// `repository:a/b:pull,push` to one entry for each action.
std::vector<std::string> split_scope(const std::string& scope) {
  const auto colon = scope.rfind(':');
  if (colon == std::string::npos) return {};
  std::vector<std::string> entries;
  std::istringstream actions(scope.substr(colon + 1));
  for (std::string action; std::getline(actions, action, ',');) {
    entries.push_back(scope.substr(0, colon + 1) + action);
  }
  return entries;
}

bool is_pull(const std::string& entry) { return entry.ends_with(":pull"); }

Answer unauthorized(const std::string& challenge) {
  Answer answer = error_answer(401, "UNAUTHORIZED", "authentication required");
  answer.headers.add("WWW-Authenticate", challenge);
  return answer;
}

}  // namespace

bool TokenService::has_password(const ServerRequest& request) const {
  return request.headers.get("Authorization") == "Basic " + base64(options_.user + ":" + options_.password);
}

std::optional<Answer> TokenService::check(const ServerRequest& request, const std::string& scope,
                                          const std::string& realm) {
  if (options_.kind == AuthKind::none) return std::nullopt;
  if (options_.kind == AuthKind::basic) {
    if (has_password(request)) return std::nullopt;
    return unauthorized("Basic realm=\"twin\"");
  }
  std::string challenge = "Bearer realm=\"" + realm + "\",service=\"" + std::string(service) + "\"";
  if (!scope.empty()) challenge += ",scope=\"" + scope + "\"";
  const std::string authorization = request.headers.get("Authorization");
  if (!authorization.starts_with(bearer_scheme)) return unauthorized(challenge);
  switch (judge(authorization.substr(bearer_scheme.size()), scope)) {
    case Verdict::allowed:
      return std::nullopt;
    case Verdict::unknown:
      return unauthorized(challenge + ",error=\"invalid_token\"");
    case Verdict::insufficient:
      break;
  }
  return unauthorized(challenge + ",error=\"insufficient_scope\"");
}

TokenService::Verdict TokenService::judge(const std::string& token, const std::string& scope) {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(token);
  if (found == tokens_.end() || found->second.expiry <= std::chrono::steady_clock::now()) return Verdict::unknown;
  for (const std::string& entry : split_scope(scope)) {
    if (!found->second.grants.contains(entry)) return Verdict::insufficient;
  }
  if (options_.token_uses > 0 && found->second.uses_left-- <= 0) return Verdict::unknown;
  return Verdict::allowed;
}

Answer TokenService::issue(const ServerRequest& request) {
  const bool known = has_password(request);
  if (request.headers.has("Authorization") && !known) {
    return text_answer(401, "application/json", R"({"details":"incorrect username or password"})");
  }
  if (!known && !options_.anonymous_pull) {
    return text_answer(401, "application/json", R"({"details":"authentication required"})");
  }
  if (request.parameter("service") != service) return error_answer(400, "UNKNOWN", "no such service");
  Token token;
  for (const std::string& scope : request.parameters("scope")) {
    for (const std::string& entry : split_scope(scope)) {
      if (known || is_pull(entry)) token.grants.insert(entry);
    }
  }
  token.expiry = std::chrono::steady_clock::now() + std::chrono::seconds(options_.expires_in);
  token.uses_left = options_.token_uses;
  const std::lock_guard lock(mutex_);
  const std::string text = base64url(hmac_sha256("token", std::to_string(++issued_)));
  tokens_[text] = std::move(token);
  return text_answer(200, "application/json",
                     boost::json::serialize(boost::json::object{{"token", text}, {"expires_in", options_.expires_in}}));
}

void TokenService::revoke_all() {
  const std::lock_guard lock(mutex_);
  tokens_.clear();
}

int TokenService::issued() const {
  const std::lock_guard lock(mutex_);
  return issued_;
}

}  // namespace dray::testing
