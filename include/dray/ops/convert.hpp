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
  std::optional<ImageTypes> to;  ///< Unset: each manifest stays in its family.
  /// How layers are to be compressed: those that are not so are read and compressed anew. Unset: layers stay.
  std::optional<Compression> compress;
  /// 1 to 9 for gzip, 1 to 19 for zstd; for the layers that are compressed anew.
  std::optional<int> level;
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
    pending,  ///< Of a dry run: it would change, but only the work itself would tell how.
  };
  Kind kind = Kind::other;
  Fate fate = Fate::kept;
  Descriptor before;                ///< As its manifest or index names it; `platform` is an entry's.
  std::optional<Descriptor> after;  ///< nullopt where it was dropped or is pending.
  std::vector<std::string> reasons = {};
};

/// What was lost, or does not hold any more.
struct ConversionWarning {
  std::string text;
  std::vector<Digest> where;  ///< The manifests it is about, by what they were.
};

struct ConvertReport {
  /// `resolved` is what was there, `copied` what there is now, which has no meaning where the first of `nodes` is
  /// pending. `blobs` has those that were copied; layers that were compressed anew are in `nodes` alone.
  CopyReport copy;
  std::vector<ConvertedNode> nodes;  ///< Each digest once; an index before its manifests, these before their blobs.
  std::vector<ConversionWarning> warnings;  ///< Each text once.
};

/// Copies what `name` stands for, as `copy` does, in the media types of the wanted family: index, manifests, configs
/// and layers. Manifests are edited where they stand, so that members, their order and blanks stay and the way back
/// leads to the first bytes; configs and layers are the same blobs. What the other family has no words for
/// (`annotations`, `subject`, `artifactType` and `data` in Docker's, `platform.features` in OCI's) is dropped with a
/// warning, and so are an index's entries that are no images where it becomes a Docker list.
///
/// Where layers are compressed anew, each is read once, checked against its digest and its diff ID, and stored in its
/// new form, a few at a time and through the system's temporary folder. Configs stay. The same layers give the same
/// bytes, with the same zlib and libzstd. Foreign layers stay as they are.
///
/// A Docker schema 1 manifest becomes one of Docker's v2.2, or of OCI's: its layers in their order, without those that
/// its history calls empty; a config made of the history, with diff IDs, for which every layer is read. Its digest is
/// that of what its signatures are about, and that is what is read.
///
/// Errors: `unsupported` for an artifact that is to get Docker's types, a layer type that has no counterpart there, and
/// layers in bzip2 or xz; `digest_mismatch` for a layer that is not what the config says; `invalid_input` for a config
/// that has not a diff ID for each layer, and for a level that there is not.
///
/// Source: OCI image-spec 1.1, media-types.md; distribution, manifest-v2-2.md.
[[nodiscard]] Result<ConvertReport> convert(ContentSource& source, const ManifestName& name,
                                            const SinkOpener& open_sink, const std::optional<std::string>& tag,
                                            const ConvertOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
