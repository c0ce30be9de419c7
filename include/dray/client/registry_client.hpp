#pragma once

#include <chrono>
#include <dray/client/credentials.hpp>
#include <dray/client/endpoint_policy.hpp>
#include <dray/client/observer.hpp>
#include <dray/client/rate_limit.hpp>
#include <dray/core/reference.hpp>
#include <dray/http/session.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace dray::client {

/// What an operation needs to be allowed, as narrow as it is: `repository:library/debian:pull`.
struct Scope {
  std::string type;  ///< `repository` or `registry`
  std::string name;
  std::vector<std::string> actions;  ///< sorted

  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const Scope&, const Scope&) = default;
};
[[nodiscard]] Scope pull_scope(const std::string& repository);
[[nodiscard]] Scope push_scope(const std::string& repository);    ///< pull,push
[[nodiscard]] Scope delete_scope(const std::string& repository);  ///< delete (and pull)
[[nodiscard]] Scope catalog_scope();

class MirrorPolicy;

struct ClientOptions {
  std::shared_ptr<CredentialSource> credentials;
  std::shared_ptr<EndpointPolicy> endpoints;
  std::shared_ptr<Observer> observer;  ///< May be null.
  bool allow_private = false;          ///< Redirects, realms and `urls` may lead to private addresses.
  /// Hosts (`HOST` or `HOST:PORT`) that the person trusts with passwords and refresh tokens, whichever registry names
  /// them as its token server.
  std::set<std::string> token_servers = {};
  std::shared_ptr<MirrorPolicy> mirrors = {};  ///< Where a repository's content is found; null: where its name says.
};

/// One request below a registry's base URL.
struct ApiCall {
  http::Method method = http::Method::get;
  /// Begins with `/v2/`, or is an absolute URL: of the same registry, or (an upload's location) of somebody else, who
  /// gets no credential and no `headers`, is reached under the rules for private addresses, and never over http where
  /// the registry has https.
  std::string path;
  std::vector<Scope> scopes;
  http::Headers headers;     ///< For the registry itself only.
  http::Headers everywhere;  ///< For every hop: `Accept`, `Range`.
  std::optional<http::Body> body;
  bool follow = true;
  bool may_repeat = false;
  std::chrono::seconds token_life{};  ///< A token must last this much longer: set before a long body.
};

struct LoginOptions {
  bool want_identity_token = false;  ///< Ask for a refresh token that can be kept in the place of the password.
};

/// What came of showing a credential to a registry.
struct LoginAnswer {
  enum class Way : std::uint8_t { open, basic, bearer };
  Way way = Way::open;              ///< `open`: the registry asks nobody for anything, so nothing was proved.
  std::string identity_token = {};  ///< A secret; empty: none was wanted, or none is given.
};

/// Talks to registries: authorization, errors, listings. Safe from many threads; kept by shared_ptr because
/// the repositories that it hands out share it.
class RegistryClient : public std::enable_shared_from_this<RegistryClient> {
 public:
  [[nodiscard]] static std::shared_ptr<RegistryClient> make(std::shared_ptr<http::Session> session,
                                                            ClientOptions options);
  virtual ~RegistryClient() = default;

  /// Sends it, answering a challenge once. Every final status is a good result: `check` makes errors of them.
  [[nodiscard]] virtual Result<std::unique_ptr<http::Exchange>> send(const Registry& registry, const ApiCall& call,
                                                                     const std::stop_token& stop) = 0;
  /// A GET of somebody else's URL (a layer's `urls`): no credential of any kind, rules for private addresses
  /// measured against the address that `registry` was reached at, never over http where the registry has https.
  [[nodiscard]] virtual Result<std::unique_ptr<http::Exchange>> get_foreign(const Registry& registry,
                                                                            const http::Url& url,
                                                                            const http::Headers& headers,
                                                                            const std::stop_token& stop) = 0;

  /// Every repository, in the registry's order; at most `max_list_entries`. `unsupported` where it has no catalog.
  [[nodiscard]] virtual Result<std::vector<std::string>> catalog(const Registry& registry,
                                                                 const std::stop_token& stop) = 0;

  /// Shows `credential`, and nothing that a `CredentialSource` has, to the registry and to its token server.
  /// Errors: `unauthorized` or `denied` with the peer's words when it is not taken; `denied` when the token server is
  /// one that may not see it (the message says which option allows it); `unsupported` when the registry takes no
  /// credential of this kind.
  [[nodiscard]] virtual Result<LoginAnswer> log_in(const Registry& registry, const Credential& credential,
                                                   const LoginOptions& options, const std::stop_token& stop) = 0;
  /// A bearer token for these scopes: a secret, to be given to a person who asks for it. `unsupported` where the
  /// registry takes none, `denied` where there is a credential that its token server may not see.
  [[nodiscard]] virtual Result<std::string> token(const Registry& registry, const std::vector<Scope>& scopes,
                                                  const std::stop_token& stop) = 0;
  /// What the registry said last about how much may still be asked of it; nullopt: nothing yet.
  [[nodiscard]] virtual std::optional<RateLimit> rate_limit(const Registry& registry) = 0;

  /// Where the registry is reached: ends with `/`.
  [[nodiscard]] virtual Result<http::Url> base_url(const Registry& registry) = 0;
  /// For mirrored.hpp; may be null.
  [[nodiscard]] virtual MirrorPolicy* mirrors() noexcept { return nullptr; }
  [[nodiscard]] virtual Observer& observer() noexcept = 0;
  [[nodiscard]] virtual Clock& clock() noexcept = 0;
};

/// Reads an answer that is no success into an error: code from the status, the registry's own code and words,
/// what was attempted, what to try. Consumes the body (at most `max_error_body_bytes`).
[[nodiscard]] Error answer_error(http::Exchange& answer, std::string_view attempted);

}  // namespace dray::client
