#pragma once

#include <dray/base/stream.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/core/diff_id.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// What reads a layer's archive.
using ArchiveUse = std::function<Result<void>(ByteSource& tar)>;

/// The diff IDs of an image's layers. Errors: `invalid_input` where the config does not tell one for each.
[[nodiscard]] Result<std::vector<DiffId>> diff_ids_of(ContentSource& source, const Manifest& manifest,
                                                      const std::stop_token& stop);

/// Inflates a layer in a thread of its own and lets `use` read the archive. `stored` is the layer as it is kept,
/// verified as it passes. When this returns, `use` has read all of it, and digest and diff ID held. Errors name the
/// layer.
[[nodiscard]] Result<void> read_archive(const Descriptor& layer, const DiffId& diff_id,
                                        std::unique_ptr<ByteSource> stored, const ArchiveUse& use);

}  // namespace dray::ops
