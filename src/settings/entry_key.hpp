#pragma once

#include <dray/core/reference.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dray::settings {

[[nodiscard]] std::string lower_case(std::string_view text);

/// What an entry of a credential file is for: a registry, or the repositories at and below a path on it.
struct EntryKey {
  std::string registry;  ///< As `registry_key` writes it.
  std::string path;      ///< Empty: the whole registry.

  [[nodiscard]] std::string text() const { return path.empty() ? registry : registry + "/" + path; }
  friend bool operator==(const EntryKey&, const EntryKey&) = default;
};

/// Reads a key of `auths`: `host[:port]`, `host/namespace[/repository]`, or a URL with nothing, `/v1/` or `/v2/` behind
/// the host. All of Docker Hub's names are `docker.io`. nullopt for any other URL and what is no name: an entry for one
/// place must not serve a whole registry.
/// Source: docker/cli, cli/config/credentials/file_store.go; containers-auth.json(5).
[[nodiscard]] std::optional<EntryKey> parse_entry_key(std::string_view key);

/// `host[:port]` in lower case.
[[nodiscard]] std::string registry_key(const Registry& registry);
/// As docker spells a registry in its file and to its helpers: Docker Hub is `https://index.docker.io/v1/`.
[[nodiscard]] std::string docker_spelling(std::string_view registry_key);

}  // namespace dray::settings
