#include "raw_manifest.hpp"

#include <dray/format/manifest.hpp>
#include <dray/store/verify.hpp>

namespace dray {

Result<RawManifest> manifest_from(std::string bytes, const Digest& digest) {
  Descriptor descriptor{.media_type = MediaType::of(media_types::oci_manifest), .digest = digest, .size = bytes.size()};
  DRAY_TRY(verify(as_bytes(bytes), descriptor));
  DRAY_TRY_ASSIGN(descriptor.media_type, manifest_media_type(bytes, {}));
  RawManifest manifest{.descriptor = std::move(descriptor), .bytes = std::move(bytes)};
  DRAY_TRY(check_manifest(manifest));
  return manifest;
}

}  // namespace dray
