#pragma once

#include <dray/settings/credentials.hpp>
#include <span>
#include <string>

namespace dray::cli {

// This program as a credential helper for others: docker, podman, crane, … run `docker-credential-dray get`.
// Source: docker/docker-credential-helpers, README, "Development".

/// Whether the program was called by the helper's name.
[[nodiscard]] bool is_called_as_helper(const std::string& program);
/// `get`, `list`, `version`; `store` and `erase` say what to do instead. Returns the exit status.
[[nodiscard]] int run_as_helper(std::span<const std::string> words);

/// Answers `get` for the server that standard input names. What goes wrong is told on standard output too: that is
/// where those who call a helper look.
[[nodiscard]] Result<int> answer_get(settings::Credentials& credentials);

}  // namespace dray::cli
