#pragma once

#include <cstdint>
#include <dray/server/message.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services.hpp"

namespace dray::server {

/// What an operation does to the registry: decides what a client must be allowed, and which settings forbid it.
enum class Use : std::uint8_t {
  open,     ///< Anybody: it tells nothing of the content.
  version,  ///< Whoever is anybody: the check of `GET /v2/`.
  catalog,
  pull,
  push,
  remove,
};

using Handler = Handled (*)(Services& services, Call& call);

/// A method of a route.
struct Operation {
  Method method;
  Use use;
  Handler handle;
};

/// A shape of path and what may be done there; HEAD goes with GET unless it has a handler of its own.
struct Route {
  std::string_view shape;  ///< `/v2/<name>/manifests/<last>`
  std::span<const Operation> operations;
};

/// The one table of what the registry answers. The token service's path is the access's own and not in it.
[[nodiscard]] std::span<const Route> routes() noexcept;

/// A path that fits a route, taken apart and decoded. A name or last part need not be valid.
struct Routed {
  const Route* route = nullptr;
  std::string name;
  std::string last;
};
/// nullopt where no route has that shape, or a part is not decodable. Works from the end, so that a repository may be
/// called `a/manifests/b`.
[[nodiscard]] std::optional<Routed> find_route(std::string_view path);

/// The operation for a method; nullptr when the route has none.
[[nodiscard]] const Operation* find_operation(const Route& route, Method method) noexcept;
/// `GET, HEAD, PUT`, as an `Allow` header has it, without what the settings forbid.
[[nodiscard]] std::string allowed_methods(const Route& route, const RegistryOptions& options);
/// Whether the settings let anybody do this.
[[nodiscard]] bool is_offered(Use use, const RegistryOptions& options) noexcept;

}  // namespace dray::server
