#pragma once

#include <dray/base/result.hpp>
#include <dray/format/tar.hpp>
#include <string>
#include <string_view>
#include <vector>

// What an entry of a layer asks for, whether the tree that it changes is on disk or in memory.

namespace dray::ops {

struct LayerEntry {
  enum class Does : std::uint8_t {
    put,           ///< Stands at `names`.
    hide,          ///< Removes `hidden` of lower layers from the folder at `names`.
    hide_content,  ///< Removes all of lower layers from the folder at `names`.
    nothing,       ///< AUFS's own.
  };
  Does does = Does::put;
  std::vector<std::string> names;  ///< From the root; none is the root itself.
  std::string hidden = {};
};

/// Errors: `invalid_input` for a path that climbs, a whiteout of nothing that could be removed, something else than a
/// folder in place of the root, and an owner or group that Linux has no number for.
[[nodiscard]] Result<LayerEntry> read_layer_entry(const TarEntry& entry);

/// Why a hard link is refused: `invalid_input`.
[[nodiscard]] Error bad_hard_link(const TarEntry& entry, std::string_view why);
/// The names of a hard link's target; at least one. Errors: `invalid_input`.
[[nodiscard]] Result<std::vector<std::string>> hard_link_names(const TarEntry& entry);

}  // namespace dray::ops
