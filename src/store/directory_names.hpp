#pragma once

#include <dray/base/file.hpp>
#include <dray/core/digest.hpp>
#include <optional>
#include <string>
#include <string_view>

// The names inside a `dir:` folder. Source: containers/image 5.23, directory/directory_transport.go.

namespace dray::directory_names {

inline constexpr const char* version_file = "version";
inline constexpr const char* root_manifest = "manifest.json";

/// `<hex>`: what every version writes and reads.
[[nodiscard]] std::string blob(const Digest& digest);
/// `<algorithm>-<hex>`, which later versions write for algorithms other than sha256.
[[nodiscard]] std::string long_blob(const Digest& digest);
/// `<hex>.manifest.json`, a manifest that an index names.
[[nodiscard]] std::string manifest(const Digest& digest);
[[nodiscard]] std::string long_manifest(const Digest& digest);

/// True for `signature-1` and so on, which belong to the root manifest.
[[nodiscard]] bool is_root_signature(std::string_view name);
/// The digest in a name that stands for a manifest which is not the root; nothing for every other name.
[[nodiscard]] std::optional<Digest> manifest_in(std::string_view name);
/// The hash in a name that stands for a blob, a manifest or a manifest's signature; nothing for every other name.
[[nodiscard]] std::optional<std::string> hex_in(std::string_view name);

}  // namespace dray::directory_names
