#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/answer.hpp"

namespace dray::testing {

enum class AuthKind : std::uint8_t { none, basic, bearer };

struct AuthOptions {
  AuthKind kind = AuthKind::none;
  std::string user = "user";
  std::string password = "pass word";
  bool anonymous_pull = true;  ///< Bearer: a token request without a credential gets pull.
  int expires_in = 300;        ///< Bearer: what the token server says, and what holds.
  int token_uses = 0;          ///< Not 0: a token is good for so many requests, whatever was said.
  bool own_origin = false;     ///< Bearer: the token server listens on another port than the registry.
};

/// Who may do what: the registry's side (`check`) and the token server (`issue`). Safe from many threads.
class TokenService {
 public:
  explicit TokenService(AuthOptions options) : options_(std::move(options)) {}

  /// Nothing when the request is allowed; otherwise the 401 with its challenge. `scope` is what the request needs,
  /// `repository:NAME:pull`, or "" for none; `realm` is the token server's URL.
  [[nodiscard]] std::optional<Answer> check(const ServerRequest& request, const std::string& scope,
                                            const std::string& realm);
  /// Answers `GET /token?service=…&scope=…`.
  [[nodiscard]] Answer issue(const ServerRequest& request);
  /// No token that was issued so far is good any more.
  void revoke_all();
  [[nodiscard]] int issued() const;
  [[nodiscard]] const AuthOptions& options() const noexcept { return options_; }

 private:
  struct Token {
    std::set<std::string> grants;  // "repository:NAME:pull"
    std::chrono::steady_clock::time_point expiry;
    int uses_left = 0;
  };
  enum class Verdict : std::uint8_t { allowed, unknown, insufficient };
  [[nodiscard]] Verdict judge(const std::string& token, const std::string& scope);
  [[nodiscard]] bool has_password(const ServerRequest& request) const;

  AuthOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, Token> tokens_;
  int issued_ = 0;
};

}  // namespace dray::testing
