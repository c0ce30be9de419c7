#include "convert/image_types.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace dray::ops {
namespace image_types_test {
namespace {

struct Pair {
  std::string_view oci;
  std::string_view docker;
};
constexpr std::array pairs{
    Pair{media_types::oci_index, media_types::docker_index},
    Pair{media_types::oci_manifest, media_types::docker_manifest},
    Pair{media_types::oci_config, media_types::docker_config},
    Pair{media_types::oci_layer, media_types::docker_layer},
    Pair{media_types::oci_layer_gzip, media_types::docker_layer_gzip},
    Pair{media_types::oci_layer_zstd, media_types::docker_layer_zstd},
    Pair{media_types::oci_foreign_layer, media_types::docker_foreign_layer},
    Pair{media_types::oci_foreign_layer_gzip, media_types::docker_foreign_layer_gzip},
    Pair{media_types::oci_foreign_layer_zstd, "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd"}};

TEST(ImageTypes, EachFamilyLeadsToTheOtherAndBack) {
  for (const auto& pair : pairs) {
    for (const auto text : {pair.oci, pair.docker}) {
      EXPECT_EQ(counterpart(MediaType::of(text), ImageTypes::docker)->text(), pair.docker);
      EXPECT_EQ(counterpart(MediaType::of(text), ImageTypes::oci)->text(), pair.oci);
    }
  }
}

TEST(ImageTypes, WhatTheOtherFamilyDoesNotHaveLeadsNowhere) {
  for (const auto text :
       {media_types::docker_schema1, media_types::docker_plugin_config, media_types::oci_artifact_manifest,
        media_types::oci_empty, std::string_view("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")}) {
    EXPECT_FALSE(counterpart(MediaType::of(text), ImageTypes::docker)) << text;
    EXPECT_FALSE(counterpart(MediaType::of(text), ImageTypes::oci)) << text;
  }
}

}  // namespace
}  // namespace image_types_test
}  // namespace dray::ops
