#include "token_answer.hpp"

#include <fmt/format.h>
#include <dray/core/limits.hpp>
#include <dray/format/json.hpp>

#include <algorithm>

#include "../time_text.hpp"

namespace dray::client {
namespace {

using std::chrono::seconds;

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
bool is_visible(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// One that cannot be used is as good as none: the password still works.
std::string refresh_token(const Json& json) {
  auto value = string_member(json, "refresh_token");
  if (value.size() > limits::max_bearer_token_bytes || !is_visible(value)) return {};
  return value;
}

}  // namespace

Result<Token> parse_token(std::string_view body, std::chrono::system_clock::time_point now) {
  auto json = Json::parse(body);
  if (!json) return std::move(json).error().with_code(ErrorCode::protocol).context("the token server's answer");
  auto value = string_member(*json, "token");
  if (value.empty()) value = string_member(*json, "access_token");
  if (value.size() > limits::max_bearer_token_bytes) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("the token is larger than {} bytes", limits::max_bearer_token_bytes));
  }
  if (!is_visible(value)) {
    return Error(ErrorCode::protocol, "the token server's answer holds no usable \"token\" or \"access_token\"");
  }
  const auto life = lifetime(*json);
  const auto issued = parse_rfc3339(string_member(*json, "issued_at")).value_or(now);
  const bool believable = issued <= now && issued + life > now;
  return Token{std::move(value), (believable ? issued : now) + life, life, refresh_token(*json)};
}

}  // namespace dray::client
