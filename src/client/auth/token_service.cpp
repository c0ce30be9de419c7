#include "token_service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <dray/client/registry_client.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>
#include <dray/http/response.hpp>

#include <algorithm>

#include "../time_text.hpp"
#include "basic.hpp"

namespace dray::client {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

constexpr seconds shortest_lifetime{60};
/// Nobody means more; it keeps sums of times in range.
constexpr seconds longest_lifetime = std::chrono::hours(24 * 365);

std::string string_member(const Json& json, std::string_view key) {
  const auto* const member = json.find(key);
  const auto* const text = member != nullptr ? member->as_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

seconds lifetime(const Json& json) {
  const auto* const member = json.find("expires_in");
  const auto given = member != nullptr ? member->as_int() : std::nullopt;
  if (!given) return shortest_lifetime;
  return std::clamp(seconds(*given), shortest_lifetime, longest_lifetime);
}

/// What may stand behind `Bearer `: visible ASCII, nothing that could end a header line.
bool is_bearer_token(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

http::Url token_url(const TokenRequest& request) {
  auto url = request.server.realm;
  if (!request.server.service.empty()) url = url.with_query("service", request.server.service);
  for (const auto& scope : request.scopes) url = url.with_query("scope", scope);
  return url;
}

std::string attempted(const TokenRequest& request) {
  return fmt::format("get a token for {} from {}", fmt::join(request.scopes, " and "),
                     request.server.realm.origin().text());
}

/// A token server's 400 and 401 both mean that it does not like who asks.
Error refusal(http::Exchange& answer, const TokenRequest& request) {
  auto error = answer_error(answer, attempted(request));
  const auto status = answer.head().status;
  if (status == 400 || status == 401) return std::move(error).with_code(ErrorCode::unauthorized);
  return error;
}

}  // namespace

Result<Token> parse_token(std::string_view body, system_clock::time_point now) {
  auto json = Json::parse(body);
  if (!json) return std::move(json).error().with_code(ErrorCode::protocol).context("the token server's answer");
  auto value = string_member(*json, "token");
  if (value.empty()) value = string_member(*json, "access_token");
  if (value.size() > limits::max_bearer_token_bytes) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("the token is larger than {} bytes", limits::max_bearer_token_bytes));
  }
  if (!is_bearer_token(value)) {
    return Error(ErrorCode::protocol, "the token server's answer holds no usable \"token\" or \"access_token\"");
  }
  const auto life = lifetime(*json);
  const auto issued = parse_rfc3339(string_member(*json, "issued_at")).value_or(now);
  const bool believable = issued <= now && issued + life > now;
  return Token{std::move(value), (believable ? issued : now) + life, life};
}

Result<Token> TokenService::fetch(const TokenRequest& request, const std::stop_token& stop) {
  http::Call call{http::Request{http::Method::get, token_url(request), {}, std::nullopt, request.server.addresses},
                  {},
                  {},
                  true,
                  false,
                  {}};
  call.everywhere.add("Accept", "application/json");
  call.policy.allow_private = allow_private_;
  call.policy.max_redirects = limits::max_token_redirects;
  const bool with_password = request.credential && request.server.may_see_password;
  if (with_password) call.authorize = bound_to(request.server.realm.origin(), basic_authorization(*request.credential));

  auto answer = session_->send(call, stop);
  if (!answer) return std::move(answer).error().context(attempted(request));
  if ((*answer)->head().status != 200) return refusal(**answer, request);
  auto token = http::read_body(**answer, limits::max_token_bytes).and_then([&](const std::string& body) {
    return parse_token(body, session_->clock().wall_now());
  });
  if (!token) return std::move(token).error().context(attempted(request));
  observer_->on(Observer::TokenFetched{
      request.server.realm.printable(), request.server.service, fmt::format("{}", fmt::join(request.scopes, " ")),
      with_password ? request.credential->username : std::string(), token->lifetime.count()});
  return token;
}

}  // namespace dray::client
