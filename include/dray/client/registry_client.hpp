#pragma once

#include <chrono>
#include <dray/client/credentials.hpp>
#include <dray/client/endpoint_policy.hpp>
#include <dray/client/observer.hpp>
#include <dray/core/reference.hpp>
#include <dray/http/session.hpp>
#include <functional>
#include <memory>
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

struct ClientOptions {
  std::shared_ptr<CredentialSource> credentials;
  std::shared_ptr<EndpointPolicy> endpoints;
  std::shared_ptr<Observer> observer;  ///< May be null.
  bool allow_private = false;          ///< Redirects, realms and `urls` may lead to private addresses.
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

  /// Where the registry is reached: ends with `/`.
  [[nodiscard]] virtual Result<http::Url> base_url(const Registry& registry) = 0;
  [[nodiscard]] virtual Observer& observer() noexcept = 0;
  [[nodiscard]] virtual Clock& clock() noexcept = 0;
};

/// Reads an answer that is no success into an error: code from the status, the registry's own code and words,
/// what was attempted, what to try. Consumes the body (at most `max_error_body_bytes`).
[[nodiscard]] Error answer_error(http::Exchange& answer, std::string_view attempted);

}  // namespace dray::client
