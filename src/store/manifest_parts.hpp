#pragma once

#include <dray/core/digest.hpp>
#include <dray/format/manifest.hpp>
#include <optional>
#include <vector>

namespace dray {

/// A blob that a manifest names, as people find it there: `config`, `layer 2`.
struct NamedBlob {
  Digest digest;
  std::string what;
  std::optional<std::uint64_t> size = {};
  bool foreign = false;  ///< It may be absent: it has other places to come from.
};
[[nodiscard]] std::vector<NamedBlob> blobs_of(const AnyManifest& manifest);

/// The manifests that an index names; none for an image.
[[nodiscard]] std::vector<Digest> entries_of(const AnyManifest& manifest);

[[nodiscard]] std::optional<Digest> subject_of(const AnyManifest& manifest);

}  // namespace dray
