#pragma once

#include <dray/core/digest.hpp>
#include <dray/ops/copy.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A place where a layer's bytes are, beside registries.
struct LayerUrl {
  Digest layer;
  std::string url;
};

struct EditOptions {
  /// These layers become foreign: they get the type of their family that is not to be distributed, and as `urls` all
  /// that are named for them here, in this order, instead of those that they had.
  std::vector<LayerUrl> layer_urls;
  /// These become ordinary layers without `urls`. Their bytes are brought to the destination: from the source, or
  /// where that lacks them from the `urls` that are taken away.
  std::vector<Digest> ordinary_layers;
  /// How all else is copied; `platforms` and `sparse` mean nothing here.
  CopyOptions copy;
};

/// Copies what `name` stands for, as `copy` does, with its layers made foreign or ordinary: in a manifest, or in every
/// manifest below an index that has such a layer. Entries of an index follow their manifests, the digests in their
/// BuildKit annotations too. Nothing else changes, not by a byte; configs and layers are the same blobs. The report's
/// `resolved` is what was there, `copied` what there is now, `reasons` what was changed.
/// Errors: `invalid_input` for a layer that is no layer of an image, for one that is named both ways, for a URL that is
/// not http or https, has a user or is longer than `max_layer_url_bytes`; `limit_exceeded` for more than
/// `max_descriptor_urls` of a layer; `not_found`, with the layers that there are, for one that none of the manifests
/// has.
[[nodiscard]] Result<CopyReport> edit(ContentSource& source, const ManifestName& name, const SinkOpener& open_sink,
                                      const std::optional<std::string>& tag, const EditOptions& options,
                                      const std::stop_token& stop);

}  // namespace dray::ops
