#pragma once

#include <cstdint>
#include <dray/ops/convert.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace dray::ops {

/// What a schema 1 image becomes.
struct Upgraded {
  RawManifest raw;
  Descriptor config;
  std::string config_bytes;
  std::uint64_t bytes_received = 0;
};

/// Makes a manifest and a config of a Docker schema 1 manifest. Every layer is read, since nothing says its diff ID.
/// They are stored in `sink` on the way; null: nowhere. Errors: `unsupported` where `source` does not tell the sizes of
/// blobs; `digest_mismatch` for a manifest that is not what its digest says; `invalid_input` for one that contradicts
/// itself; those of the places.
[[nodiscard]] Result<Upgraded> upgrade(ContentSource& source, const RawManifest& schema1, ImageTypes to,
                                       ContentSink* sink, const CopyOptions& options, const std::stop_token& stop);

/// `source` with the new config, which it does not hold. Both outlive the result.
[[nodiscard]] std::unique_ptr<ContentSource> with_config(ContentSource& source, const Upgraded& upgraded);

}  // namespace dray::ops
