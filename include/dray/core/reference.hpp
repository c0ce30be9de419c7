#pragma once

#include <compare>
#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dray {

/// A registry's name: `host[:port]`, the host a DNS name, an IPv4 address, or an IPv6 address in brackets. A value.
/// A host of one word needs a port, unless it is `localhost` or has an upper-case letter: without one it could not be
/// told from a Docker Hub name. Docker Hub's other names (`index.docker.io`, `registry-1.docker.io`) become
/// `docker.io`.
class Registry {
 public:
  /// Errors: `invalid_input`, with a hint for URLs.
  [[nodiscard]] static Result<Registry> parse(std::string_view text);
  [[nodiscard]] static Registry docker_hub();

  /// As in a reference, for example `localhost:5000`, `docker.io`, `[::1]:5000`; the case of letters is kept.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// The host, IPv6 in its brackets; valid as long as this registry.
  [[nodiscard]] std::string_view host() const noexcept { return std::string_view(text_).substr(0, host_chars_); }
  [[nodiscard]] std::optional<std::uint16_t> port() const noexcept;

  [[nodiscard]] bool is_docker_hub() const noexcept;
  /// `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`, by its spelling alone: plain HTTP needs no asking there.
  [[nodiscard]] bool is_loopback_name() const noexcept;

  friend bool operator==(const Registry&, const Registry&) = default;
  friend auto operator<=>(const Registry&, const Registry&) = default;

 private:
  Registry(std::string text, std::size_t host_chars) noexcept : text_(std::move(text)), host_chars_(host_chars) {}

  std::string text_;
  std::size_t host_chars_;
};

/// A repository of a registry. A value.
class RepositoryName {
 public:
  /// Reads `[registry/]path` as `docker` does: without a registry it is Docker Hub's, and there one word gets
  /// `library/`. A tag or digest is refused. Errors: `invalid_input`.
  [[nodiscard]] static Result<RepositoryName> parse(std::string_view text);
  /// `path` is lower-case components joined by `/`; one word on Docker Hub gets `library/`. Errors: `invalid_input`.
  [[nodiscard]] static Result<RepositoryName> make(Registry registry, std::string_view path);

  [[nodiscard]] const Registry& registry() const noexcept { return registry_; }
  /// As in the protocol's URLs, for example `library/alpine`.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// `registry/path`.
  [[nodiscard]] std::string text() const { return registry_.text() + "/" + path_; }
  /// As `docker` prints it: `alpine`.
  [[nodiscard]] std::string familiar() const;

  friend bool operator==(const RepositoryName&, const RepositoryName&) = default;
  friend auto operator<=>(const RepositoryName&, const RepositoryName&) = default;

 private:
  RepositoryName(Registry registry, std::string path) noexcept
      : registry_(std::move(registry)), path_(std::move(path)) {}

  Registry registry_;
  std::string path_;
};

/// Checks a repository's path as the protocol's URLs have it: lower-case components joined by `/`, at most
/// `max_name_chars` in all. Nothing is added to it. Errors: `invalid_input`.
[[nodiscard]] Result<void> check_repository_path(std::string_view path);

/// Checks a tag, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`, and returns it. Errors: `invalid_input`.
[[nodiscard]] Result<std::string> parse_tag(std::string_view text);

/// The name of an image on a registry: a repository and a tag, a digest, or both. A value.
/// Grammar: `[docker://][domain "/"] path [":" tag] ["@" digest]`; source: github.com/distribution/reference.
class Reference {
 public:
  /// Reads a reference as `docker` does: see `RepositoryName::parse`; with neither tag nor digest the tag is `latest`.
  /// Errors: `invalid_input`, with a hint where the mistake is a known one.
  [[nodiscard]] static Result<Reference> parse(std::string_view text);

  Reference(RepositoryName name, const Digest& digest) : name_(std::move(name)), digest_(digest) {}
  /// Errors: `invalid_input` when `tag` is no tag.
  [[nodiscard]] static Result<Reference> make(RepositoryName name, std::string_view tag);

  [[nodiscard]] const Registry& registry() const noexcept { return name_.registry(); }
  /// The repository's path, for example `library/alpine`.
  [[nodiscard]] const std::string& repository() const noexcept { return name_.path(); }
  [[nodiscard]] const RepositoryName& repository_name() const noexcept { return name_; }
  /// With a digest beside it, the tag is for display only.
  [[nodiscard]] const std::optional<std::string>& tag() const noexcept { return tag_; }
  [[nodiscard]] const std::optional<Digest>& digest() const noexcept { return digest_; }

  /// What a manifest is asked for by: the digest if there is one, else the tag.
  [[nodiscard]] std::string target() const;
  /// The same repository and tag, with this digest.
  [[nodiscard]] Reference with_digest(const Digest& digest) const;

  /// The canonical text, with registry and tag or digest: `docker.io/library/alpine:latest`.
  [[nodiscard]] std::string text() const;
  /// The short form that `docker` prints: `alpine:latest`. Reads back as the same reference.
  [[nodiscard]] std::string familiar() const;

  /// A sentence for a reference that parsed but probably means something else (`localhost:5000` is a repository
  /// `localhost` with the tag `5000` on Docker Hub): for the error when nothing is found there. Empty otherwise.
  [[nodiscard]] std::string hint() const;

  friend bool operator==(const Reference&, const Reference&) = default;
  friend auto operator<=>(const Reference&, const Reference&) = default;

 private:
  explicit Reference(RepositoryName name) noexcept : name_(std::move(name)) {}
  [[nodiscard]] std::string with_target(std::string name) const;

  RepositoryName name_;
  std::optional<std::string> tag_;  // at least one of the two is there
  std::optional<Digest> digest_;
};

}  // namespace dray
