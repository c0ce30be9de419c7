#include "support/twin_door.hpp"

#include <boost/json.hpp>

#include "support/hashing.hpp"

namespace dray::testing {
namespace {

constexpr std::string_view bearer = "Bearer ";
constexpr std::string_view basic = "Basic ";

bool is_read(const ServerRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

std::int64_t unix_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

/// `repository:a:pull repository:b:pull,push`: what a challenge says of the same entries.
std::string scope_text(const std::vector<std::string>& needed) {
  std::string text;
  std::string subject;
  for (const std::string& entry : needed) {
    const auto colon = entry.rfind(':');
    const auto own = entry.substr(0, colon + 1);
    if (own == subject) {
      text += "," + entry.substr(colon + 1);
    } else {
      text += (text.empty() ? "" : " ") + entry;
    }
    subject = own;
  }
  return text;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return words;
}

std::string field(const std::map<std::string, std::string>& form, const std::string& name) {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : found->second;
}

}  // namespace

void TwinDoor::complain(std::string what) {
  const std::lock_guard lock(mutex_);
  complaints_.push_back(std::move(what));
}

std::vector<std::string> TwinDoor::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

void TwinDoor::note_scope(const std::string& scope) {
  const std::lock_guard lock(mutex_);
  scopes_.insert(scope);
}

std::set<std::string> TwinDoor::scopes() const {
  const std::lock_guard lock(mutex_);
  return scopes_;
}

std::vector<std::string> needed_grants(const RegistryTarget& target, const ServerRequest& request) {
  if (target.route == Route::catalog) return {"registry:catalog:*"};
  if (target.repository.empty()) return {};
  const std::string own = "repository:" + target.repository + ":";
  if (target.route != Route::upload) {
    if (request.method == "DELETE") return {own + "delete"};
    if (is_read(request)) return {own + "pull"};
  }
  std::vector<std::string> needed = {own + "pull", own + "push"};
  const auto from = request.parameter("from");
  if (request.method == "POST" && from) needed.push_back("repository:" + *from + ":pull");
  return needed;
}

Answer oauth_error(int status, std::string_view error, std::string_view description) {
  return text_answer(status, "application/json",
                     boost::json::serialize(boost::json::object{{"error", error}, {"error_description", description}}));
}

bool BearerDoor::takes_basic(std::string_view value) const {
  const auto who = login();
  return value == base64(who.user + ":" + who.password);
}

std::string BearerDoor::challenge(const std::vector<std::string>& needed, std::string_view error) const {
  auto text = "Bearer realm=\"" + places().token_server + rules_.path + "\",service=\"" + service() + "\"";
  if (!needed.empty()) text += ",scope=\"" + scope_text(needed) + "\"";
  if (!error.empty()) text += ",error=\"" + std::string(error) + "\"";
  return text;
}

std::optional<Answer> BearerDoor::refuse(const RegistryTarget& target, const ServerRequest& request) {
  const auto needed = needed_grants(target, request);
  const auto authorization = request.headers.get("Authorization");
  std::string_view error;
  if (authorization.starts_with(bearer)) {
    const auto token = authorization.substr(bearer.size());
    if (takes_bearer(token)) return std::nullopt;
    const auto verdict = mint().judge(token, needed);
    if (verdict == TokenMint::Verdict::allowed) return std::nullopt;
    error = verdict == TokenMint::Verdict::unknown ? "invalid_token" : "insufficient_scope";
  } else if (!authorization.empty()) {
    // Source: distribution, docs/spec/auth/token.md: the password belongs to the token server.
    complain("the registry itself was shown " + authorization.substr(0, authorization.find(' ')));
  }
  auto answer = error_answer(401, "UNAUTHORIZED", "authentication required");
  if (rules_.challenges_paths || target.route == Route::ping) {
    answer.headers.add("WWW-Authenticate", challenge(needed, error));
  }
  return answer;
}

std::optional<Answer> BearerDoor::answer_token(const ServerRequest& request) {
  if (request.path() != rules_.path) return std::nullopt;
  if (request.method == "GET") return answer_get(request);
  if (request.method == "POST" && rules_.takes_post) return answer_form(request);
  return text_answer(rules_.post_status, "text/plain", "not here\n");
}

/// Source: distribution, docs/spec/auth/token.md, "Requesting a Token".
Answer BearerDoor::answer_get(const ServerRequest& request) {
  if (request.parameter("service") != service()) return oauth_error(400, "invalid_request", "no such service");
  if (request.parameter("password") || request.parameter("refresh_token")) complain("a secret in a query");
  const auto authorization = request.headers.get("Authorization");
  std::string account;
  if (!authorization.empty()) {
    if (!authorization.starts_with(basic) || !takes_basic(authorization.substr(basic.size()))) {
      return text_answer(401, "application/json", R"({"details":"incorrect username or password"})");
    }
    account = login().user;
  } else if (!rules_.anonymous_pull) {
    return text_answer(401, "application/json", R"({"details":"authentication required"})");
  }
  std::string refresh;
  if (rules_.gives_refresh_tokens && !account.empty() && request.parameter("offline_token") == "true") {
    refresh = mint().issue_refresh(account);
  }
  return give(request.parameters("scope"), account, refresh);
}

/// Source: distribution, docs/spec/auth/oauth.md: the fields `grant_type`, `service`, `client_id` are required, `scope`
/// is one field, `refresh_token` is answered when `access_type` is `offline` or one was shown.
std::optional<Answer> BearerDoor::answer_form(const ServerRequest& request) {
  if (request.headers.get("Content-Type") != "application/x-www-form-urlencoded") {
    return oauth_error(400, "invalid_request", "not a form");
  }
  if (!request.query().empty()) complain("a query beside the form");
  if (request.headers.has("Authorization")) complain("Authorization beside the form");
  const auto form = parse_form(request.body);
  if (!form) return oauth_error(400, "invalid_request", "the form is broken");
  if (field(*form, "client_id").empty()) return oauth_error(400, "invalid_request", "no client_id");
  if (field(*form, "service") != service()) return oauth_error(400, "invalid_request", "no such service");
  const auto grant = field(*form, "grant_type");
  const auto scopes = split_words(field(*form, "scope"));
  if (grant == "refresh_token") {
    const auto account = mint().account_of(field(*form, "refresh_token"));
    if (!account) return oauth_error(401, "invalid_grant", "unknown refresh token");
    return give(scopes, *account, rules_.gives_refresh_tokens ? field(*form, "refresh_token") : "");
  }
  if (grant != "password") return oauth_error(400, "unsupported_grant_type", grant);
  const auto user = field(*form, "username");
  if (!takes_basic(base64(user + ":" + field(*form, "password")))) {
    return text_answer(401, "application/json", R"({"details":"incorrect username or password"})");
  }
  const bool offline = rules_.gives_refresh_tokens && field(*form, "access_type") == "offline";
  return give(scopes, user, offline ? mint().issue_refresh(user) : "");
}

Answer BearerDoor::give(const std::vector<std::string>& scopes, const std::string& account,
                        const std::string& refresh_token) {
  std::set<std::string> grants;
  for (const std::string& scope : scopes) {
    note_scope(scope);
    const auto entries = split_scope(scope);
    if (entries.empty()) return oauth_error(400, "invalid_scope", scope);
    for (const std::string& entry : entries) {
      if (entry.starts_with("repository:") && entry.ends_with(":*")) complain("a wildcard was asked for: " + scope);
      if (!account.empty() || entry.ends_with(":pull")) grants.insert(entry);
    }
  }
  const auto token = mint().issue(std::move(grants), rules_.life);
  boost::json::object answer;
  if (rules_.says_token) answer["token"] = token;
  if (rules_.says_access_token) answer["access_token"] = token;
  if (rules_.says_life) {
    answer["expires_in"] = rules_.life.count();
    answer["issued_at"] = iso_time(unix_now());
  }
  if (!refresh_token.empty()) answer["refresh_token"] = refresh_token;
  return text_answer(200, "application/json", boost::json::serialize(answer));
}

}  // namespace dray::testing
