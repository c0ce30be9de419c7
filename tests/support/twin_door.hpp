#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/answer.hpp"
#include "support/manifest_service.hpp"
#include "support/push_service.hpp"
#include "support/registry_target.hpp"
#include "support/registry_twins.hpp"
#include "support/token_mint.hpp"

namespace dray::testing {

/// Where a twin listens.
struct TwinPlaces {
  std::string registry;      ///< Its origin.
  std::string host_port;     ///< As references name it.
  std::string token_server;  ///< Its origin: the registry's, or an own one.
};

/// What is peculiar to one registry: whom it lets in, how tokens are had, what it answers otherwise. Built beside its
/// servers; `open` comes before the first request. Safe from many threads after that.
class TwinDoor {
 public:
  TwinDoor() = default;
  virtual ~TwinDoor() = default;
  TwinDoor(const TwinDoor&) = delete;
  TwinDoor& operator=(const TwinDoor&) = delete;

  virtual void open(TwinPlaces places) { places_ = std::move(places); }

  [[nodiscard]] virtual TwinLogin login() const = 0;
  /// What stands before a repository's own name, with its `/`.
  [[nodiscard]] virtual std::string folder() const { return "team/"; }
  [[nodiscard]] virtual bool has_token_host() const { return false; }
  /// Blobs are redirects to a content network that takes no Authorization.
  [[nodiscard]] virtual bool redirects_blobs() const { return false; }
  /// A repository has to be made before it is pushed to.
  [[nodiscard]] virtual bool makes_no_repositories() const { return false; }
  [[nodiscard]] virtual PushOptions push() const { return {}; }
  [[nodiscard]] virtual Paging paging() const { return {}; }

  /// An answer of the token service; nothing when the request is none for it.
  [[nodiscard]] virtual std::optional<Answer> answer_token(const ServerRequest& /*request*/) { return std::nullopt; }
  /// The refusal of a request for which nobody, or the wrong one, vouches.
  [[nodiscard]] virtual std::optional<Answer> refuse(const RegistryTarget& target, const ServerRequest& request) = 0;
  /// An answer to a request that was let in and that this registry treats in a way of its own.
  [[nodiscard]] virtual std::optional<Answer> answer(const RegistryTarget& /*target*/,
                                                     const ServerRequest& /*request*/) {
    return std::nullopt;
  }
  /// The last change to an answer.
  virtual void dress(const RegistryTarget& /*target*/, const ServerRequest& /*request*/, Answer& /*answer*/) {}

  [[nodiscard]] TokenMint& mint() noexcept { return mint_; }
  [[nodiscard]] const TwinPlaces& places() const noexcept { return places_; }
  [[nodiscard]] int pulls() const noexcept { return pulls_; }
  void set_pull_limit(int limit) noexcept { pull_limit_ = limit; }
  void complain(std::string what);
  [[nodiscard]] std::vector<std::string> complaints() const;
  void note_scope(const std::string& scope);
  [[nodiscard]] std::set<std::string> scopes() const;

 protected:
  std::atomic<int> pulls_ = 0;
  std::atomic<int> pull_limit_ = 100;

 private:
  TwinPlaces places_;
  TokenMint mint_;
  mutable std::mutex mutex_;
  std::vector<std::string> complaints_;
  std::set<std::string> scopes_;
};

/// What a request needs, entries of `split_scope`; a mount needs to pull from the other repository too.
/// Source: distribution, registry/handlers/app.go, "appendAccessRecords".
[[nodiscard]] std::vector<std::string> needed_grants(const RegistryTarget& target, const ServerRequest& request);

/// What a token server of this kind says and takes.
struct TokenRules {
  std::string service = {};  ///< Empty: the registry's own host.
  std::string path = {};     ///< Of the realm.
  bool anonymous_pull = true;
  bool takes_post = false;
  bool gives_refresh_tokens = false;  ///< To whom asks for one with a password.
  int post_status = 404;              ///< Of a POST that is not taken.
  bool challenges_paths = true;       ///< False: only the ping says where tokens are had.
  bool says_token = true;             ///< The member `token` of an answer.
  bool says_access_token = false;     ///< The member `access_token`.
  bool says_life = true;              ///< `expires_in` and `issued_at`.
  std::chrono::seconds life{300};
};

/// A door that bearer tokens open.
class BearerDoor : public TwinDoor {
 public:
  explicit BearerDoor(TokenRules rules) : rules_(std::move(rules)) {}

  [[nodiscard]] std::optional<Answer> answer_token(const ServerRequest& request) override;
  [[nodiscard]] std::optional<Answer> refuse(const RegistryTarget& target, const ServerRequest& request) override;

 protected:
  /// Whether this is a value of `Authorization: Basic` that the token server takes.
  [[nodiscard]] virtual bool takes_basic(std::string_view value) const;
  /// Whether this bearer token, which the token server did not make, is taken all the same.
  [[nodiscard]] virtual bool takes_bearer(std::string_view /*token*/) const { return false; }
  [[nodiscard]] virtual std::optional<Answer> answer_form(const ServerRequest& request);
  /// The answer that holds a token for these scopes; `account` empty: for anybody.
  [[nodiscard]] Answer give(const std::vector<std::string>& scopes, const std::string& account,
                            const std::string& refresh_token = {});
  [[nodiscard]] std::string service() const { return rules_.service.empty() ? places().host_port : rules_.service; }
  [[nodiscard]] const TokenRules& rules() const noexcept { return rules_; }

 private:
  [[nodiscard]] Answer answer_get(const ServerRequest& request);
  [[nodiscard]] std::string challenge(const std::vector<std::string>& needed, std::string_view error) const;

  TokenRules rules_;
};

/// The `error` of an OAuth2 answer (RFC 6749 section 5.2).
[[nodiscard]] Answer oauth_error(int status, std::string_view error, std::string_view description);

[[nodiscard]] std::unique_ptr<TwinDoor> make_door(TwinKind kind);

}  // namespace dray::testing
