#pragma once

#include <dray/core/media_type.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// The two families of media types that images are written in.
enum class ImageTypes : std::uint8_t { oci, docker };

struct ConvertOptions {
  ImageTypes to = ImageTypes::oci;
  /// How all else is copied; `sparse` means nothing here.
  CopyOptions copy;
};

/// What became of an index, a manifest, a config or a layer.
struct ConvertedNode {
  enum class Kind : std::uint8_t { index, manifest, config, layer, other };
  enum class Fate : std::uint8_t {
    kept,     ///< The same bytes under the same type.
    changed,  ///< Another digest, another type, or both.
    dropped,  ///< It is not at the destination.
  };
  Kind kind = Kind::other;
  Fate fate = Fate::kept;
  Descriptor before;                ///< As its manifest or index names it; `platform` is an entry's.
  std::optional<Descriptor> after;  ///< nullopt where it was dropped.
  std::vector<std::string> reasons = {};
};

/// What was lost, or does not hold any more.
struct ConversionWarning {
  std::string text;
  std::vector<Digest> where;  ///< The manifests it is about, by what they were.
};

struct ConvertReport {
  CopyReport copy;                   ///< `resolved` is what was there, `copied` what there is now.
  std::vector<ConvertedNode> nodes;  ///< Each digest once; an index before its manifests, these before their blobs.
  std::vector<ConversionWarning> warnings;  ///< Each text once.
};

/// Copies what `name` stands for, as `copy` does, in the media types of the other family: index, manifests, configs and
/// layers. Manifests are edited where they stand, so that members, their order and blanks stay and the way back leads
/// to the first bytes; configs and layers are the same blobs. What the other family has no words for (`annotations`,
/// `subject`, `artifactType` and `data` in Docker's, `platform.features` in OCI's) is dropped with a warning, and so
/// are an index's entries that are no images where it becomes a Docker list. Errors: `unsupported` for an artifact that
/// is to get Docker's types, and a layer type that has no counterpart there. Source: OCI image-spec 1.1,
/// media-types.md; distribution, manifest-v2-2.md.
[[nodiscard]] Result<ConvertReport> convert(ContentSource& source, const ManifestName& name,
                                            const SinkOpener& open_sink, const std::optional<std::string>& tag,
                                            const ConvertOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
