#pragma once

#include <chrono>
#include <dray/base/guarded.hpp>
#include <dray/client/registry_client.hpp>
#include <dray/http/challenge.hpp>
#include <dray/http/session.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "token_cache.hpp"
#include "token_service.hpp"

namespace dray::client {

/// Who asks whom for what.
struct AccessTarget {
  const Registry& registry;
  const http::Url& base;
  const std::vector<Scope>& scopes;
  std::chrono::seconds token_life{};  ///< See `ApiCall::token_life`.
};

/// What goes along with one try of a request.
struct Access {
  enum class Scheme : std::uint8_t { none, basic, bearer };
  Scheme scheme = Scheme::none;
  std::string secret;     ///< The token, or what stands behind `Authorization: ` for Basic.
  bool fetched = false;   ///< The token was fetched for this very call, or no other can be had.
  bool renewed = false;   ///< And it is the second one.
  std::string note = {};  ///< For the message if this is refused too: who asked.

  [[nodiscard]] std::optional<std::string> authorization() const;
};

/// What to do about a refusal.
struct AccessDecision {
  std::optional<Access> retry;  ///< nullopt: the refusal stands.
  std::string note;             ///< For its message: which credential was used, what to try.
};

/// Answers the challenges of registries. A registry is first asked without any authorization, unless a token for the
/// same scopes was had before or it is known to want Basic. Of several challenges Bearer is preferred, but for a
/// password that the token server may not see: then Basic is. Safe from many threads.
class Authenticator {
 public:
  Authenticator(std::shared_ptr<http::Session> session, const ClientOptions& options);

  /// What to send with the first try.
  [[nodiscard]] Result<Access> first(const AccessTarget& target, const std::stop_token& stop);
  /// Looks at an answer of the registry to a try with `used`.
  [[nodiscard]] Result<AccessDecision> after(const AccessTarget& target, const http::ResponseHead& head,
                                             const Access& used, const std::stop_token& stop);

  /// See `RegistryClient::log_in`.
  [[nodiscard]] Result<LoginAnswer> log_in(const AccessTarget& target, const Credential& credential,
                                           const LoginOptions& options, const std::stop_token& stop);
  /// See `RegistryClient::token`.
  [[nodiscard]] Result<std::string> token(const AccessTarget& target, const std::stop_token& stop);

  /// The class of the address that the registry was reached at, the widest where there were several: a name that is
  /// moved to this machine later opens nothing. Asks `/v2/` where it was not reached yet.
  [[nodiscard]] Result<http::AddressClass> reached(const http::Url& base, const std::stop_token& stop);
  /// Remembers it. `head` may be any answer.
  void note_reached(const http::Url& base, const http::ResponseHead& head);

 private:
  using Answer = std::unique_ptr<http::Exchange>;

  struct State {
    std::optional<http::AddressClass> reached;
    std::optional<TokenServer> tokens;  // of the challenge seen last
    bool wants_basic = false;
    std::optional<std::vector<http::Challenge>> ping;
  };
  [[nodiscard]] State state(const http::Url& base) const;
  [[nodiscard]] Result<std::vector<http::Challenge>> ping(const http::Url& base, const std::stop_token& stop);
  [[nodiscard]] Result<Answer> send_ping(const http::Url& base, const Access& access, const std::stop_token& stop);
  [[nodiscard]] Result<AccessDecision> with_basic(const AccessTarget& target, const std::optional<Credential>& who,
                                                  const Access& used);
  [[nodiscard]] Result<AccessDecision> with_registry_token(const AccessTarget& target, const Credential& who,
                                                           const Access& used);
  [[nodiscard]] Result<AccessDecision> with_token(const AccessTarget& target, const http::Challenge& challenge,
                                                  const TokenServer& server, const std::optional<Credential>& who,
                                                  const Access& used, const std::stop_token& stop);
  [[nodiscard]] Result<std::string> fetch_token(const AccessTarget& target, const TokenServer& server,
                                                const std::optional<Credential>& credential,
                                                const std::vector<std::string>& scopes, const std::stop_token& stop);
  [[nodiscard]] Result<std::optional<Credential>> credential(const AccessTarget& target) const;
  [[nodiscard]] Result<LoginAnswer> show(const AccessTarget& target, LoginAnswer::Way way, Access access,
                                         const std::stop_token& stop);

  std::shared_ptr<http::Session> session_;
  std::shared_ptr<CredentialSource> credentials_;
  std::shared_ptr<Observer> observer_;
  TokenServerPolicy policy_;
  TokenService service_;
  TokenCache tokens_;
  Guarded<std::map<std::string, State>> states_;
};

}  // namespace dray::client
