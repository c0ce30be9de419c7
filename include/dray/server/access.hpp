#pragma once

#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/base/result.hpp>
#include <dray/server/message.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace dray::server {

enum class Action : std::uint8_t { pull, push, remove };
/// As in scopes and policy files: `pull`, `push`, `delete`.
[[nodiscard]] std::string_view name(Action action) noexcept;

/// What a request needs. An empty repository is the registry itself: its catalog (`pull`).
struct Need {
  std::string repository;
  Action action = Action::pull;
};

/// May go on, as this user; empty when nobody asked who it is.
struct Granted {
  std::string user;
};
/// May not. With challenges it is 401 (who are you?), without 403 (you may not), with `too_many` 429.
struct Denied {
  std::vector<std::string> challenges;  ///< Values of `WWW-Authenticate`.
  std::string why;                      ///< For people; tells nothing about which users exist.
  bool too_many = false;                ///< Failed logins from this address: come back later.
};
using Decision = std::variant<Granted, Denied>;

/// Decides who may do what. Safe from many threads; what it reads from files is looked at again when the files change,
/// so that a revocation holds for the next request.
class Access {
 public:
  virtual ~Access() = default;
  /// The decision, where no password has to be checked; nullopt where one has: then `decide` tells, on a worker thread.
  [[nodiscard]] virtual std::optional<Decision> decide_at_once(const Request& request, std::span<const Need> needs) = 0;
  /// The decision; may take as long as a password check does.
  [[nodiscard]] virtual Decision decide(const Request& request, std::span<const Need> needs) = 0;
  /// The path of its own token service, for example `/token`; empty when it has none.
  [[nodiscard]] virtual std::string token_path() const = 0;
  /// Answers a request to the token service, GET or POST; `form` is the body. May block.
  [[nodiscard]] virtual Response answer_token(const Request& request, std::string_view form) = 0;
};

/// Everybody may do everything.
[[nodiscard]] std::shared_ptr<Access> open_access();

struct AccessOptions {
  std::filesystem::path htpasswd;  ///< Lines `user:$2y$…` (bcrypt alone).
  /// Who may do what; empty: every user may do everything.
  /// A YAML file, described in docs/serve.md.
  std::optional<std::filesystem::path> policy;
  bool anonymous_pull = false;
  /// Bearer tokens of our own service rather than Basic at every request; Basic is then for the token service alone.
  bool tokens = false;
  std::string basic_realm = "dray";  ///< Of Basic challenges: what a person is asked for a password to.
  std::string service = "dray";      ///< Of tokens: who they are for.
  std::optional<std::string> realm;  ///< The token service's URL as clients see it; unset: made of the request's Host.
  std::optional<std::filesystem::path> signing_key;  ///< 32 bytes or more; unset: a new one for each start.
  /// Called, from any thread, when a changed file is of no use and what it said before stays in force.
  std::function<void(const Error&)> report;
};
/// Passwords from a file; `clock` must outlive it. Errors: `invalid_input` with file and line; also for
/// `anonymous_pull` beside a policy, which has a word for it.
[[nodiscard]] Result<std::shared_ptr<Access>> password_access(const AccessOptions& options, Clock& clock);

}  // namespace dray::server
