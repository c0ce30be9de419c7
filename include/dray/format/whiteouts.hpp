#pragma once

#include <cstdint>
#include <string_view>

namespace dray {

/// What an entry of a layer asks for by its name alone. Source: image-spec 1.1, layer.md, "Whiteouts".
enum class WhiteoutKind : std::uint8_t {
  none,           ///< An ordinary entry.
  remove,         ///< `.wh.NAME`: NAME of lower layers is gone.
  opaque,         ///< `.wh..wh..opq`: all of the folder's content in lower layers is gone.
  aufs_metadata,  ///< `.wh..wh.plnk` and the like: what AUFS kept for itself; dropped.
  invalid,        ///< `.wh.` alone, or a name that would remove the folder itself or its parent: refuse the layer.
};

struct Whiteout {
  WhiteoutKind kind = WhiteoutKind::none;
  std::string_view target;  ///< The name that `remove` removes; a part of the name given.

  friend bool operator==(const Whiteout&, const Whiteout&) = default;
};

/// `base_name` is the last component of an entry's path, without slashes.
[[nodiscard]] Whiteout classify_whiteout(std::string_view base_name) noexcept;

}  // namespace dray
