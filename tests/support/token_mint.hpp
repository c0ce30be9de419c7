#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_message.hpp"

namespace dray::testing {

/// `repository:a/b:pull,push` as one entry for each action; nothing when the text is no scope.
/// Source: distribution, docs/spec/auth/scope.md.
[[nodiscard]] std::vector<std::string> split_scope(std::string_view scope);

/// The fields of a body in `application/x-www-form-urlencoded`; nothing when one comes twice or is broken.
[[nodiscard]] std::optional<std::map<std::string, std::string>> parse_form(std::string_view body);

/// Makes tokens that mean nothing but what is remembered here, and judges them. Safe from many threads.
class TokenMint {
 public:
  enum class Verdict : std::uint8_t { allowed, unknown, insufficient };

  /// A token that holds for these entries (of `split_scope`) and so long.
  [[nodiscard]] std::string issue(std::set<std::string> grants, std::chrono::seconds life);
  [[nodiscard]] Verdict judge(const std::string& token, const std::vector<std::string>& needed) const;
  /// A refresh token of an account, and back.
  [[nodiscard]] std::string issue_refresh(const std::string& account);
  [[nodiscard]] std::optional<std::string> account_of(const std::string& refresh_token) const;
  void revoke_all();
  [[nodiscard]] int issued() const;

 private:
  struct Token {
    std::set<std::string> grants;
    std::chrono::steady_clock::time_point expiry;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Token> tokens_;
  std::map<std::string, std::string> refresh_tokens_;  // to the account
  int issued_ = 0;
};

}  // namespace dray::testing
