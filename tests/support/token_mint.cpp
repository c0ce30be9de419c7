#include "support/token_mint.hpp"

#include <algorithm>

#include "support/hashing.hpp"

namespace dray::testing {
namespace {

std::string unplussed(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

std::vector<std::string> split_scope(std::string_view scope) {
  const auto colon = scope.rfind(':');
  if (colon == std::string_view::npos || scope.find(':') == colon) return {};
  const auto subject = scope.substr(0, colon + 1);
  std::vector<std::string> entries;
  auto actions = scope.substr(colon + 1);
  while (!actions.empty()) {
    const auto comma = std::min(actions.find(','), actions.size());
    entries.push_back(std::string(subject).append(actions.substr(0, comma)));
    actions.remove_prefix(std::min(actions.size(), comma + 1));
  }
  return entries;
}

std::optional<std::map<std::string, std::string>> parse_form(std::string_view body) {
  std::map<std::string, std::string> fields;
  while (!body.empty()) {
    const auto end = std::min(body.find('&'), body.size());
    const auto field = body.substr(0, end);
    body.remove_prefix(std::min(body.size(), end + 1));
    const auto equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!fields.emplace(unplussed(field.substr(0, equals)), unplussed(field.substr(equals + 1))).second) {
      return std::nullopt;
    }
  }
  return fields;
}

std::string TokenMint::issue(std::set<std::string> grants, std::chrono::seconds life) {
  const std::lock_guard lock(mutex_);
  auto text = base64url(hmac_sha256("token", std::to_string(++issued_)));
  tokens_[text] = {std::move(grants), std::chrono::steady_clock::now() + life};
  return text;
}

TokenMint::Verdict TokenMint::judge(const std::string& token, const std::vector<std::string>& needed) const {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(token);
  if (found == tokens_.end() || found->second.expiry <= std::chrono::steady_clock::now()) return Verdict::unknown;
  const auto& grants = found->second.grants;
  const bool all =
      std::all_of(needed.begin(), needed.end(), [&](const std::string& entry) { return grants.contains(entry); });
  return all ? Verdict::allowed : Verdict::insufficient;
}

std::string TokenMint::issue_refresh(const std::string& account) {
  const std::lock_guard lock(mutex_);
  auto text = "refresh-" + base64url(hmac_sha256("refresh", std::to_string(refresh_tokens_.size())));
  refresh_tokens_[text] = account;
  return text;
}

std::optional<std::string> TokenMint::account_of(const std::string& refresh_token) const {
  const std::lock_guard lock(mutex_);
  const auto found = refresh_tokens_.find(refresh_token);
  return found == refresh_tokens_.end() ? std::nullopt : std::optional(found->second);
}

void TokenMint::revoke_all() {
  const std::lock_guard lock(mutex_);
  tokens_.clear();
}

int TokenMint::issued() const {
  const std::lock_guard lock(mutex_);
  return issued_;
}

}  // namespace dray::testing
