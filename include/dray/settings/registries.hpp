#pragma once

#include <cstddef>
#include <dray/client/mirrored.hpp>
#include <dray/core/reference.hpp>
#include <dray/settings/environment.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::settings {

/// Where an entry stands, for people.
struct FileLine {
  std::string file;
  std::size_t line = 0;

  [[nodiscard]] std::string text() const;  ///< `/etc/containers/registries.conf line 7`
};

/// A registry, or the repositories at and below a path on it.
struct Location {
  std::string registry;  ///< `host[:port]` in lower case, Docker Hub `docker.io`
  std::string path;      ///< Empty: the whole registry.

  friend bool operator==(const Location&, const Location&) = default;
};

/// `[[registry.mirror]]`
struct MirrorRule {
  Location location;
  bool insecure = false;
  client::MirrorUse use = client::MirrorUse::all;
  FileLine where;
};

/// `[[registry]]`
struct RegistryRule {
  std::string prefix;                ///< `host[:port]`, `host/namespace…` or `*.example.com`, the host in lower case
  std::optional<Location> location;  ///< Where the prefix leads; unset: where it says.
  bool insecure = false;
  bool blocked = false;
  std::vector<MirrorRule> mirrors;
  FileLine where;
};

/// The settings of containers' `registries.conf`, version 2. A value.
/// Source: containers-registries.conf(5).
class Registries {
 public:
  /// Reads one file; `file` is its name in messages. What has no effect here is told by `warnings` (a key that is
  /// unknown, or stands where it means nothing) and by `notes` (settings for what dray does not do).
  /// Errors: `invalid_input`, with file and line; `limit_exceeded`.
  [[nodiscard]] static Result<Registries> parse(std::string_view text, const std::string& file);
  /// Lays a file over this one that is read later: its rules take the place of those with the same prefix.
  void add(Registries later);

  /// The rule with the longest prefix that holds the repository, whole components of it; nullptr when there is none.
  [[nodiscard]] const RegistryRule* find(const RepositoryName& name) const;
  /// Where the repository is found. `denied`, naming file and entry, when it is blocked; `invalid_input` when a
  /// location makes no repository's name.
  [[nodiscard]] Result<client::Places> places(const RepositoryName& name) const;

  /// Whether a registry (`host[:port]`) is to be reached without looking at its certificate. What one entry calls
  /// insecure and another one uses without a word is not.
  [[nodiscard]] bool is_insecure(std::string_view registry) const;
  /// Whether a registry is named as a mirror and as nothing else.
  [[nodiscard]] bool is_mirror_only(std::string_view registry) const;

  [[nodiscard]] const std::vector<RegistryRule>& rules() const noexcept { return rules_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

 private:
  friend class RegistriesReader;

  std::vector<RegistryRule> rules_;
  std::vector<std::string> warnings_;
  std::vector<std::string> notes_;
};

struct RegistriesOptions {
  std::optional<std::filesystem::path> file;  ///< Instead of those that are looked for; must exist.
  bool none = false;                          ///< No file at all.
  std::filesystem::path system = "/etc/containers/registries.conf";
  std::function<void(const std::string&)> warn;  ///< Is told each warning once; may be empty.
  std::function<void(const std::string&)> note;  ///< The same for notes.
};

/// Finds and reads the file: the option's, `CONTAINERS_REGISTRIES_CONF`, `$XDG_CONFIG_HOME/containers/registries.conf`
/// (`~/.config/…`), `/etc/containers/registries.conf`; the first that exists. Behind a FILE come the drop-ins
/// `FILE.d/*.conf`, by name; behind the system's and those of a missing file also the user's.
[[nodiscard]] Result<Registries> load_registries(const RegistriesOptions& options, const Environment& environment);

/// The same, read at its first use; an error is that of every use. Safe from many threads.
class RegistriesConf : public client::MirrorPolicy {
 public:
  RegistriesConf(RegistriesOptions options, Environment environment);
  ~RegistriesConf() override;

  [[nodiscard]] Result<client::Places> places(const RepositoryName& name) override;
  /// Valid as long as this object.
  [[nodiscard]] Result<const Registries*> get();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray::settings
