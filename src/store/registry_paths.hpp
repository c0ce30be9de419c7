#pragma once

#include <dray/core/digest.hpp>
#include <string>
#include <string_view>

// Where things lie below a registry's folder; docs/formats/registry.md draws it. Paths are relative to the folder and
// go through a Directory, which refuses whatever climbs out.
// Source: distribution 2.8, registry/storage/paths.go.

namespace dray::registry_paths {

inline constexpr std::string_view blobs = "docker/registry/v2/blobs";
inline constexpr std::string_view repositories = "docker/registry/v2/repositories";
inline constexpr std::string_view temporary = "_dray/tmp";
inline constexpr std::string_view trash = "_dray/trash";
inline constexpr std::string_view quarantine = "_dray/quarantine";
inline constexpr std::string_view upload_states = "_dray/uploads";
inline constexpr std::string_view lock = "_dray/lock";

/// A file's path in two parts. The trunk's folders are never removed; those of the leaf may go with the file.
struct Target {
  std::string trunk;
  std::string leaf;
  [[nodiscard]] std::string path() const { return trunk + "/" + leaf; }
};

[[nodiscard]] Target blob_data(const Digest& digest);
[[nodiscard]] Target layer_link(std::string_view repository, const Digest& digest);
[[nodiscard]] Target revision_link(std::string_view repository, const Digest& digest);
[[nodiscard]] Target tag_link(std::string_view repository, std::string_view tag);
[[nodiscard]] Target tag_index_link(std::string_view repository, std::string_view tag, const Digest& digest);
[[nodiscard]] Target referrer_link(std::string_view repository, const Digest& subject, const Digest& referrer);
/// `file` is `data` or `startedat`.
[[nodiscard]] Target upload_file(std::string_view repository, std::string_view id, std::string_view file);
[[nodiscard]] Target upload_state(std::string_view id);

// The paths that every pull looks at, made in one piece.
[[nodiscard]] std::string blob_data_path(const Digest& digest);
[[nodiscard]] std::string layer_link_path(std::string_view repository, const Digest& digest);
[[nodiscard]] std::string revision_link_path(std::string_view repository, const Digest& digest);
[[nodiscard]] std::string tag_link_path(std::string_view repository, std::string_view tag);

/// `docker/registry/v2/repositories/<repository>/<rest>`.
[[nodiscard]] std::string inside(std::string_view repository, std::string_view rest);

/// The folder that a path's last component lies in.
[[nodiscard]] std::string parent(std::string_view path);

/// True for 8-4-4-4-12 lower-case hex digits, the form of an upload's id.
[[nodiscard]] bool is_upload_id(std::string_view text) noexcept;

}  // namespace dray::registry_paths
