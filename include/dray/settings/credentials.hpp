#pragma once

#include <chrono>
#include <dray/base/clock.hpp>
#include <dray/client/credentials.hpp>
#include <dray/core/limits.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dray::settings {

/// Where credentials are looked for. docs/credentials.md tells people the order and its reasons.
struct CredentialOptions {
  /// `--authfile`: the only place that is looked at.
  std::optional<std::filesystem::path> auth_file;
  Environment environment;
  std::vector<std::string> variables;    ///< `NAME=value`: what helpers get, our own secrets taken out.
  std::filesystem::path runtime_folder;  ///< Where podman keeps logins without `XDG_RUNTIME_DIR`.
  std::chrono::milliseconds helper_deadline = limits::helper_deadline;
  Clock* clock = &system_clock();

  /// This process's environment and user.
  [[nodiscard]] static CredentialOptions of_process();
};

/// The secret that is used.
enum class SecretKind : std::uint8_t { password, identity_token, registry_token };
[[nodiscard]] SecretKind kind_of(const client::Credential& credential) noexcept;
[[nodiscard]] std::string_view name(SecretKind kind) noexcept;  ///< `identity token`

/// What came of one place.
enum class SourceOutcome : std::uint8_t {
  used,
  shadowed,  ///< It has one, or names a helper, but an earlier place came first.
  nothing,
  broken,
};
[[nodiscard]] std::string_view name(SourceOutcome outcome) noexcept;

/// Why a credential is used, or none. Holds no secret.
struct CredentialReport {
  struct Source {
    std::string place;  ///< A variable or a file.
    SourceOutcome outcome = SourceOutcome::nothing;
    std::string says;  ///< The entry that was used, or why there was none.
  };
  struct Used {
    std::string username;
    SecretKind kind = SecretKind::password;
    std::string origin;
  };
  std::optional<Used> used;      ///< Unset: anonymous.
  std::vector<Source> sources;   ///< In their order.
  std::optional<Error> failure;  ///< Of the first place that is broken, unless an earlier one was used.
};

/// Somebody who is logged in, for a list. `username` is empty where only a helper knows it.
struct KnownLogin {
  std::string server;  ///< As docker spells it.
  std::string username;
};

/// The places in their order. Each file is read once, when it is first needed; a helper's answer is kept for an hour.
class Credentials : public client::CredentialSource {
 public:
  [[nodiscard]] static std::shared_ptr<Credentials> make(CredentialOptions options);
  /// As `find`, told place by place. Helpers of places that do not count any more are not asked.
  [[nodiscard]] virtual CredentialReport explain(const Registry& registry, const std::string& repository) = 0;
  /// Whole registries that the places have entries for; the first of two wins.
  [[nodiscard]] virtual Result<std::vector<KnownLogin>> list() = 0;
};

}  // namespace dray::settings
