#pragma once

#include <chrono>
#include <dray/base/result.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth_document.hpp"

namespace dray::settings {

/// How helpers are run.
struct HelperRules {
  std::string path;                    ///< `PATH`; entries that are not absolute are passed over.
  std::vector<std::string> variables;  ///< `NAME=value`; our own secrets are taken out.
  std::chrono::milliseconds deadline{};
};

/// Variables that no helper sees: they hold credentials that are none of its business.
[[nodiscard]] std::vector<std::string> without_our_secrets(const std::vector<std::string>& variables);

/// Set for helpers, so that this program does not ask helpers when one of them asks it.
inline constexpr const char* inside_helper = "DRAY_INSIDE_HELPER";

/// A program `docker-credential-NAME`. Source: docker/docker-credential-helpers, README, "Development".
class Helper {
 public:
  /// `name` is `[A-Za-z0-9._-]+`, so it can be neither a path nor an option. Errors: `invalid_input` for other names,
  /// `not_found` when there is no such program in `PATH`.
  [[nodiscard]] static Result<Helper> find(const std::string& name, HelperRules rules);

  /// nullopt: it has nothing for that server. The user name `<token>` makes the secret an identity token.
  /// Errors name the helper, and hold what it said on standard error, cleaned.
  [[nodiscard]] Result<std::optional<Login>> get(const std::string& server) const;
  /// `unsupported` for a registry token, which helpers have no place for.
  [[nodiscard]] Result<void> store(const std::string& server, const Login& login) const;
  /// False: it had nothing.
  [[nodiscard]] Result<bool> erase(const std::string& server) const;

 private:
  Helper(std::filesystem::path program, HelperRules rules) : program_(std::move(program)), rules_(std::move(rules)) {}

  enum class Answer : unsigned char { done, nothing };
  struct Said {
    Answer answer = Answer::done;
    std::string out;
  };
  [[nodiscard]] Result<Said> ask(const std::string& action, std::string input) const;

  std::filesystem::path program_;
  HelperRules rules_;
};

/// `docker-credential-NAME`.
[[nodiscard]] std::string helper_program(std::string_view name);

}  // namespace dray::settings
