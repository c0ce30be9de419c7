#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_server.hpp"
#include "support/image_maker.hpp"
#include "support/registry_state.hpp"

namespace dray::testing {

enum class TwinKind : std::uint8_t { docker_hub, ghcr, acr, ecr, google, quay, harbor, gitlab };
inline constexpr TwinKind every_twin[] = {TwinKind::docker_hub, TwinKind::ghcr, TwinKind::acr,    TwinKind::ecr,
                                          TwinKind::google,     TwinKind::quay, TwinKind::harbor, TwinKind::gitlab};
/// `DockerHub`, `Ghcr`, …: for the names of tests.
[[nodiscard]] std::string name(TwinKind kind);

/// What a person types at `login`.
struct TwinLogin {
  std::string user;
  std::string password;
};

/// A twin of a well-known registry, on loopback and in plain HTTP: its way to tokens and its quirks, as strict as the
/// real one is where that is known. What it does and why stands in twin_doors.cpp, a source beside each rule; rules
/// that rest on general knowledge alone are marked there and in docs/registries.md. Safe from many threads.
class RegistryTwin {
 public:
  explicit RegistryTwin(TwinKind kind);
  ~RegistryTwin();
  RegistryTwin(const RegistryTwin&) = delete;
  RegistryTwin& operator=(const RegistryTwin&) = delete;

  [[nodiscard]] TwinKind kind() const noexcept;
  [[nodiscard]] std::string origin() const;
  /// `127.0.0.1:PORT`: the registry part of a reference.
  [[nodiscard]] std::string host_port() const;
  /// `HOST:PORT/folder/name`: a reference to a repository as this registry wants its names to be. It is made where the
  /// registry makes none by itself.
  [[nodiscard]] std::string at(std::string_view name) const;
  /// Where tokens are had; the registry's own place unless `has_token_host`. Naming it is `--token-server`.
  [[nodiscard]] std::string token_host_port() const;
  [[nodiscard]] bool has_token_host() const;
  /// A user name and password that may do everything.
  [[nodiscard]] TwinLogin login() const;
  /// A refresh token (docker's `identitytoken`) that is good for the account of `login`; nothing where there are none.
  [[nodiscard]] std::optional<std::string> identity_token() const;
  /// A bearer token that the registry takes as it is (docker's `registrytoken`); nothing where there are none.
  [[nodiscard]] std::optional<std::string> registry_token() const;
  /// Whether strangers may pull.
  [[nodiscard]] bool is_public() const;

  /// `name` as in `at`, without the host.
  void add(std::string_view name, const std::string& tag, const Image& image);
  void add(std::string_view name, const std::string& tag, const Index& index);
  [[nodiscard]] RegistryState& state() const;
  /// No token that was given so far is good any more; refresh tokens stay.
  void revoke_tokens();
  /// Docker Hub: how many pulls are allowed; the next one is answered 429.
  void set_pull_limit(int limit);

  [[nodiscard]] HttpServer& registry() const;
  [[nodiscard]] HttpServer& token_server() const;
  /// Only where blobs are redirects.
  [[nodiscard]] HttpServer* content() const;
  [[nodiscard]] int tokens_issued() const;
  /// Docker Hub: pulls as it counts them.
  [[nodiscard]] int pulls_counted() const;
  /// Every scope that a token was asked for.
  [[nodiscard]] std::set<std::string> scopes_asked() const;
  /// What a client did that it must never do: an Authorization where none belongs, a cookie that came back, ….
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray::testing
