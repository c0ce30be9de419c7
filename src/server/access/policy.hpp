#pragma once

#include <dray/base/result.hpp>
#include <dray/server/access.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "permissions.hpp"
#include "watched_file.hpp"

namespace dray::server {

/// Who may do what, as a YAML file has it; docs/serve.md describes it. What no rule allows is denied. A value.
class Policy {
 public:
  /// Errors: `invalid_input` that names `file` and line.
  [[nodiscard]] static Result<Policy> parse(std::string_view text, const std::string& file);

  /// `user` is empty for somebody who did not log in.
  [[nodiscard]] bool allows(std::string_view user, const Need& need) const noexcept;
  /// Whether a rule names everyone.
  [[nodiscard]] bool allows_anonymous() const noexcept;

  struct Rule {
    std::vector<std::string> users;         ///< `*`: whoever logged in; `anonymous`: everyone.
    std::vector<std::string> repositories;  ///< Patterns.
    std::vector<Action> actions;
    bool catalog = false;
  };

 private:
  std::vector<Rule> rules_;
};

/// Whether a repository's name fits a pattern: `*` is any number of characters but `/`, `**` any number of all.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view name) noexcept;

/// The policy that the file has now.
[[nodiscard]] std::unique_ptr<Permissions> policy_permissions(std::unique_ptr<WatchedFile<Policy>> file);

}  // namespace dray::server
