#pragma once

#include <chrono>
#include <dray/app/app.hpp>
#include <dray/server/access.hpp>
#include <dray/server/engine.hpp>
#include <dray/server/registry.hpp>
#include <dray/store/registry_folder.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// Another registry whose content this one fetches, keeps and serves.
struct Upstream {
  std::string name;   ///< What its repositories lie below here: `docker.io`.
  Registry registry;  ///< Where they are.
  bool plain_http = false;

  /// Reads `docker.io`, or `NAME=docker.io`, `NAME=https://host[:port]`, `NAME=http://host[:port]`.
  /// Errors: `invalid_input`.
  [[nodiscard]] static Result<Upstream> parse(std::string_view text);
};

/// How a registry is served. A program that embeds one needs no more than the folder.
struct ServeOptions {
  enum class Role : std::uint8_t {
    registry,  ///< Everything.
    content,   ///< Only the bytes of blobs, only behind signed links; shares the folder with a registry's readers.
  };
  std::filesystem::path directory;
  Role role = Role::registry;
  unsigned store_mode = 0700;
  server::EngineOptions engine;
  server::RegistryOptions registry;
  std::optional<server::AccessOptions> access;  ///< Unset: nobody is asked who they are.
  bool anyone = false;  ///< Nobody is asked, and it may listen beyond this machine all the same.
  std::vector<Upstream> upstreams;
  /// Names that no upstream's name begins are this one's: what a Docker daemon expects of a mirror.
  std::optional<Upstream> mirror_of;
  Options client;  ///< How upstreams are reached.
  std::optional<std::chrono::seconds> collect_every;
  CollectOptions collect;
  std::chrono::seconds grace = std::chrono::hours(1);
  int access_log = -1;                            ///< A descriptor for lines of JSON; -1: none. Stays the caller's.
  std::function<void(const std::string&)> notes;  ///< What an operator should know; from any thread. May be empty.
};

/// A registry that runs, on threads of its own. Stops when it is destroyed.
class RegistryServer {
 public:
  /// Opens the folder, which is made when it is absent, and listens. Errors: `invalid_input` for options that
  /// contradict one another, also for listening beyond this machine with nobody asked; `conflict` when the folder is in
  /// use.
  [[nodiscard]] static Result<std::unique_ptr<RegistryServer>> start(const ServeOptions& options);
  virtual ~RegistryServer() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// `127.0.0.1:5000`
  [[nodiscard]] virtual std::string address() const = 0;
  [[nodiscard]] virtual RegistryFolder& storage() = 0;
  /// Reads certificates again. Passwords and policies need no asking.
  [[nodiscard]] virtual Result<void> reload() = 0;
  /// Stops listening, lets transfers finish for a while, parks uploads.
  virtual void stop() = 0;
};

}  // namespace dray
