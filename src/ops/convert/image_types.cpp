#include "image_types.hpp"

#include <array>
#include <string_view>

namespace dray::ops {

namespace {

struct Twins {
  std::string_view oci;
  std::string_view docker;
};

// Source: OCI image-spec 1.1, media-types.md, "Compatibility Matrix"; Docker's types of zstd layers are in no document.
constexpr std::array twins{
    Twins{media_types::oci_index, media_types::docker_index},
    Twins{media_types::oci_manifest, media_types::docker_manifest},
    Twins{media_types::oci_config, media_types::docker_config},
    Twins{media_types::oci_layer, media_types::docker_layer},
    Twins{media_types::oci_layer_gzip, media_types::docker_layer_gzip},
    Twins{media_types::oci_layer_zstd, media_types::docker_layer_zstd},
    Twins{media_types::oci_foreign_layer, media_types::docker_foreign_layer},
    Twins{media_types::oci_foreign_layer_gzip, media_types::docker_foreign_layer_gzip},
    Twins{media_types::oci_foreign_layer_zstd, "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"},
};

}  // namespace

std::optional<MediaType> counterpart(const MediaType& type, ImageTypes to) {
  for (const auto& [oci, docker] : twins) {
    const auto wanted = to == ImageTypes::docker ? docker : oci;
    if (type == wanted) return type;
    if (type == oci || type == docker) return MediaType::of(wanted);
  }
  return std::nullopt;
}

}  // namespace dray::ops
