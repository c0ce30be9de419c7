#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/core/diff_id.hpp>
#include <dray/ops/append.hpp>
#include <dray/store/content.hpp>
#include <stop_token>

namespace dray::ops {

struct StoredLayer {
  Descriptor descriptor;
  DiffId diff_id;
};

/// Reads a tar once: checks that it is a sound archive, takes its diff ID and the digest of its stored form, and puts
/// that in `sink`. A plain tar is compressed by `compression`; a compressed one stays as it is, byte for byte.
[[nodiscard]] Result<StoredLayer> store_layer(const NewLayer& layer, Compression compression, bool docker_types,
                                              ContentSink& sink, const std::stop_token& stop);

/// The media type of a layer.
[[nodiscard]] MediaType layer_type(Compression compression, bool docker_types);

}  // namespace dray::ops
