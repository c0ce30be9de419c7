#pragma once

#include <dray/format/manifest.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::ops::testing {

/// Bytes with their descriptor, stored in `store` (unless that is null).
Descriptor put_bytes(ContentStore* store, std::string_view media_type, const std::string& bytes);

[[nodiscard]] Platform platform(std::string_view text);

struct TestImage {
  RawManifest raw;
  Manifest manifest;
};
/// An OCI image with these layers (any bytes) and a config of that platform.
TestImage put_image(ContentStore& store, const std::vector<std::string>& layers, std::string_view platform_text,
                    const std::optional<std::string>& tag = std::nullopt);
/// Stores a manifest as it is.
TestImage put_manifest(ContentStore& store, Manifest manifest, const std::optional<std::string>& tag = std::nullopt);

/// An index entry for an image.
[[nodiscard]] Descriptor entry_for(const RawManifest& raw, std::string_view platform_text);
/// What BuildKit puts beside an image.
[[nodiscard]] Descriptor attestation_for(const RawManifest& raw);
RawManifest put_index(ContentStore& store, std::vector<Descriptor> entries,
                      const std::optional<std::string>& tag = std::nullopt);
[[nodiscard]] RawManifest raw_index(std::vector<Descriptor> entries);

}  // namespace dray::ops::testing
