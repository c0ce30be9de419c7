#pragma once

#include <dray/settings/credentials.hpp>
#include <memory>
#include <string>
#include <vector>

#include "helper_answers.hpp"

namespace dray::settings {

/// Whether a place may ask the helper that it names.
enum class AskHelpers : std::uint8_t { yes, no };

struct Looked {
  std::optional<client::Credential> credential;
  std::string says;         ///< The entry, or why there is none.
  bool has_helper = false;  ///< A helper could have it, but was not to be asked.
};

/// One place where credentials are looked for. Safe from many threads.
class CredentialPlace {
 public:
  virtual ~CredentialPlace() = default;
  /// The variable or the file, for people.
  [[nodiscard]] virtual std::string name() const = 0;
  /// Errors name the variable or the file, and the member.
  [[nodiscard]] virtual Result<Looked> look(const Registry& registry, const std::string& repository,
                                            AskHelpers helpers) = 0;
  [[nodiscard]] virtual Result<std::vector<KnownLogin>> list() = 0;
};

/// `DRAY_REGISTRY` with `DRAY_TOKEN`, or with `DRAY_USERNAME` and `DRAY_PASSWORD`.
[[nodiscard]] std::unique_ptr<CredentialPlace> dray_variables(const Environment& environment);

/// `DOCKER_AUTH_CONFIG`: a whole document in a variable.
[[nodiscard]] std::unique_ptr<CredentialPlace> docker_auth_variable(const Environment& environment,
                                                                    std::shared_ptr<HelperAnswers> helpers);

/// A credential file.
struct AuthFile {
  std::filesystem::path path;
  bool must_exist = false;
  bool is_legacy = false;    ///< `.dockercfg`
  std::string because = {};  ///< How it came to be looked at, as `REGISTRY_AUTH_FILE`; may be empty.
};
[[nodiscard]] std::unique_ptr<CredentialPlace> auth_file(AuthFile file, std::shared_ptr<HelperAnswers> helpers);

/// All places in their order.
[[nodiscard]] std::vector<std::unique_ptr<CredentialPlace>> search_order(const CredentialOptions& options);

/// The rules that helpers are run by.
[[nodiscard]] HelperRules helper_rules(const CredentialOptions& options);
/// docker's own file: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; empty where there is no home.
[[nodiscard]] std::filesystem::path docker_config_path(const Environment& environment);

}  // namespace dray::settings
