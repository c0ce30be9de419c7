#include <gtest/gtest.h>

#include <dray/ops/select.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace select_test {
namespace {

using testing::put_image;
using testing::put_index;

class SelectTest : public ::testing::Test {
 protected:
  Result<SelectedImage> select(const std::optional<std::string>& platform_text) {
    std::optional<Platform> wanted;
    if (platform_text) wanted = testing::platform(*platform_text);
    return select_image(store_, std::string("v1"), wanted, {});
  }

  testing::FakeStore store_;
};

TEST_F(SelectTest, FollowsAnIndexInsideAnIndex) {
  const auto v7 = put_image(store_, {"v7"}, "linux/arm/v7");
  const auto inner = put_index(store_, {testing::entry_for(v7.raw, "linux/arm/v7")});
  const auto outer = put_index(store_, {testing::entry_for(inner, "linux/arm/v7")}, "v1");
  const auto image = select("linux/arm/v7").value();
  EXPECT_EQ(image.raw.bytes, v7.raw.bytes);
  ASSERT_EQ(image.path.size(), 3U);
  EXPECT_EQ(image.path[0].digest, outer.descriptor.digest);
  EXPECT_EQ(image.path[1].digest, inner.descriptor.digest);
  EXPECT_EQ(image.platform->text(), "linux/arm/v7");
  EXPECT_FALSE(image.reason.empty());
}

TEST_F(SelectTest, TakesAnAttestationForNothing) {
  const auto image = put_image(store_, {"one"}, "linux/amd64");
  put_index(store_, {testing::attestation_for(image.raw)}, "v1");
  const auto selected = select("linux/amd64");
  ASSERT_FALSE(selected);
  EXPECT_EQ(selected.error().code(), ErrorCode::not_found);
  EXPECT_NE(selected.error().message().find("there are: none"), std::string::npos);
}

TEST_F(SelectTest, ASingleImageIsTakenAsItIs) {
  put_image(store_, {"one"}, "windows/amd64", "v1");
  const auto image = select(std::nullopt);
  ASSERT_TRUE(image);
  EXPECT_FALSE(image->platform);
  EXPECT_EQ(image->path.size(), 1U);
}

TEST_F(SelectTest, ASingleImageForAnotherPlatformIsNotWhatWasAskedFor) {
  put_image(store_, {"one"}, "linux/amd64", "v1");
  EXPECT_TRUE(select("linux/amd64"));
  const auto image = select("linux/arm64");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), ErrorCode::not_found);
  EXPECT_NE(image.error().message().find("it is a single image for linux/amd64"), std::string::npos);
}

TEST_F(SelectTest, AnUnknownTagIsNotFound) { EXPECT_EQ(select("linux/amd64").error().code(), ErrorCode::not_found); }

TEST_F(SelectTest, AMalformedManifestIsNamed) {
  const std::string text = R"({"schemaVersion":2,"layers":[],"manifests":[]})";
  ASSERT_TRUE(store_.set_tag(
      "v1", {{MediaType::of(media_types::oci_manifest), Digest::of(as_bytes(text)), text.size()}, text}, {}));
  const auto image = select(std::nullopt);
  ASSERT_FALSE(image);
  EXPECT_NE(image.error().message().find("manifest fake:v1"), std::string::npos) << image.error().message();
}

}  // namespace
}  // namespace select_test
}  // namespace dray::ops
