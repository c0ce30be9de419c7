#pragma once

#include <dray/base/guarded.hpp>
#include <dray/client/credentials.hpp>
#include <dray/client/observer.hpp>
#include <dray/http/session.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "token_answer.hpp"
#include "token_server.hpp"

namespace dray::client {

/// One exchange with a token server.
struct TokenRequest {
  TokenServer server;
  std::vector<std::string> scopes;  ///< In the order they are sent.
  std::optional<Credential> credential;
};

/// Fetches tokens. A password goes along as Basic in the GET form, a refresh token in the POST form; nothing does to a
/// server that may not see secrets. Safe from many threads.
/// Source: distribution, docs/spec/auth/token.md (GET) and oauth.md (POST).
class TokenService {
 public:
  TokenService(std::shared_ptr<http::Session> session, std::shared_ptr<Observer> observer, bool allow_private)
      : session_(std::move(session)), observer_(std::move(observer)), allow_private_(allow_private) {}

  /// At most `max_token_redirects` redirects, none with a body; the password never leaves the realm's origin. A refresh
  /// token that the answer holds takes the place of the one that was sent, for as long as this service lives. Where
  /// POST is unknown (404, 405) a password that the credential has beside its refresh token is tried.
  [[nodiscard]] Result<Token> fetch(const TokenRequest& request, const std::stop_token& stop);

  /// For a login with a password: as `fetch`, and asks for a refresh token to keep. POST comes first; where it is
  /// refused, in whatever words, GET decides: 404 and 405 are usual, ACR says 400 and Artifactory 401.
  /// Source: containerd, core/remotes/docker/auth/fetch.go.
  [[nodiscard]] Result<Token> exchange(const TokenRequest& request, const std::stop_token& stop);

 private:
  using Answer = std::unique_ptr<http::Exchange>;
  using Fields = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] Result<Token> get(const TokenRequest& request, bool offline, const std::stop_token& stop);
  [[nodiscard]] Result<Answer> post(const TokenRequest& request, const Fields& grant, const std::stop_token& stop);
  [[nodiscard]] Result<Token> refresh(const TokenRequest& request, const std::stop_token& stop);
  [[nodiscard]] Result<Token> take(const TokenRequest& request, Answer answer);
  [[nodiscard]] http::Call call(http::Method method, const TokenRequest& request) const;
  [[nodiscard]] std::string current(const TokenRequest& request) const;
  void replace(const TokenRequest& request, const std::string& refresh_token);

  std::shared_ptr<http::Session> session_;
  std::shared_ptr<Observer> observer_;
  bool allow_private_;
  /// From realm, service and the refresh token of the credential to the one that holds now.
  Guarded<std::map<std::vector<std::string>, std::string>> refresh_tokens_;
};

}  // namespace dray::client
