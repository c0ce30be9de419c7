#pragma once

#include <dray/store/content.hpp>
#include <dray/store/image_archive.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layout_index.hpp"

// The documents at an archive's end, made from its index and what it holds.

namespace dray {

inline constexpr const char* docker_manifest_file = "manifest.json";

/// A file of an archive that is written from memory.
struct ArchiveDocument {
  std::string path;
  std::string text;
};

/// What an archive holds, for those who walk through its images.
class ArchivedManifests {
 public:
  virtual ~ArchivedManifests() = default;
  /// True where the archive has a blob or manifest of that digest.
  [[nodiscard]] virtual bool holds(const Digest& digest) const = 0;
  /// A manifest by its digest. `not_found`, and `invalid_input` for a blob that is none.
  [[nodiscard]] virtual Result<RawManifest> read_manifest(const Digest& digest) const = 0;
};

/// Everything that the index's entries need, as far as the archive holds it, each digest once: manifests behind what
/// they name. Errors: `limit_exceeded` for more than `max_manifests`, or `max_index_depth` levels.
[[nodiscard]] Result<std::vector<Digest>> reachable_from(const std::vector<Digest>& roots,
                                                         const ArchivedManifests& manifests);

/// Those that the index lists, in its order.
[[nodiscard]] std::vector<Digest> digests_of(const LayoutIndex& index);

/// Lists in the index, without names, those of the manifests `put` (in the order in which they came, children before
/// parents) that neither an entry nor another one of them leads to.
[[nodiscard]] Result<void> list_tops(LayoutIndex& index, const std::vector<Descriptor>& put,
                                     const ArchivedManifests& manifests);

/// `oci-layout`, `index.json` and, in docker's archives, `manifest.json`. Errors: `unsupported` for an image of which
/// docker would miss a layer; `limit_exceeded` for an index beyond `max_layout_index_bytes`.
[[nodiscard]] Result<std::vector<ArchiveDocument>> archive_documents(ArchiveKind kind, const LayoutIndex& index,
                                                                     const ArchivedManifests& manifests);

}  // namespace dray
