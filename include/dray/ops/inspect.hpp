#pragma once

#include <dray/format/image_config.hpp>
#include <dray/format/manifest.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// A layer's four faces.
struct LayerRow {
  Descriptor layer;
  std::optional<DiffId> diff_id;                ///< nullopt where config and manifest do not agree in number
  std::optional<ImageConfig::History> history;  ///< the step that made it
};

struct ImageSummary {
  RawManifest raw;
  Manifest manifest;
  std::optional<ImageConfig> config;  ///< nullopt for artifacts
  std::vector<LayerRow> layers;
  std::uint64_t total_size = 0;  ///< config and layers
};

struct IndexSummary {
  struct Entry {
    Descriptor descriptor;
    bool attestation = false;           ///< BuildKit's, platform unknown/unknown
    std::optional<std::uint64_t> size;  ///< of config and layers; only with `sizes`
  };
  RawManifest raw;
  Index index;
  std::vector<Entry> entries;
  /// Sums over all entries that are no attestations; only with `sizes`.
  std::optional<std::uint64_t> sum_size;
  std::optional<std::uint64_t> unique_size;  ///< every blob counted once
};

struct Schema1Summary {
  RawManifest raw;
  Schema1 manifest;
};

using Inspection = std::variant<ImageSummary, IndexSummary, Schema1Summary>;

struct InspectOptions {
  std::optional<Platform> platform;  ///< Set: an index is narrowed to it.
  bool sizes = true;                 ///< Fetch the manifests below an index for their sizes.
  bool config = true;                ///< Fetch the image's config.
};

/// Everything one screen should say about what `name` stands for.
[[nodiscard]] Result<Inspection> inspect(ContentSource& source, const ManifestName& name, const InspectOptions& options,
                                         const std::stop_token& stop);

/// Layers with diff ID and history of an image's manifest and config; history entries marked empty are passed over.
[[nodiscard]] std::vector<LayerRow> layer_rows(const Manifest& manifest, const ImageConfig* config);

}  // namespace dray::ops
