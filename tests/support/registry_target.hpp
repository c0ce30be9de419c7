#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dray::testing {

/// What a request is about. `cdn`, `foreign` and `token` are told by the origin or path, the others by `/v2/…`.
enum class Route : std::uint8_t { any, ping, manifest, blob, upload, tags, catalog, token, cdn, foreign, unknown };

/// A path of the registry API, taken apart.
struct RegistryTarget {
  Route route = Route::unknown;
  std::string repository = {};
  std::string reference = {};  ///< A tag, a digest or an upload's id; empty for `…/blobs/uploads/`.
};

[[nodiscard]] RegistryTarget parse_registry_path(std::string_view path);

}  // namespace dray::testing
