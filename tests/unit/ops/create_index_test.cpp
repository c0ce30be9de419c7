#include <gtest/gtest.h>

#include <dray/ops/append.hpp>
#include <dray/ops/select.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace create_index_test {
namespace {

using testing::put_image;
using testing::put_index;

class CreateIndexTest : public ::testing::Test {
 protected:
  Result<Descriptor> make(const std::vector<IndexMember>& members, const IndexCreateOptions& options = {}) {
    return create_index(members, sink_, "all", options, {});
  }
  Index made() { return std::get<Index>(fetch_manifest(sink_, std::string("all"), {}).value().parsed); }
  IndexMember member(std::string tag) { return {&source_, std::move(tag), std::nullopt}; }

  testing::FakeStore source_;
  testing::FakeStore sink_;
};

TEST_F(CreateIndexTest, ReadsPlatformsFromConfigs) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64", "amd64");
  const auto arm = put_image(source_, {"two"}, "linux/arm/v7", "arm");
  ASSERT_TRUE(make({member("amd64"), member("arm")}, {.docker_types = false, .annotations = {{"a", "b"}}}));
  const auto index = made();
  EXPECT_EQ(index.media_type, media_types::oci_index);
  EXPECT_EQ(index.annotations.at("a"), "b");
  ASSERT_EQ(index.manifests.size(), 2U);
  EXPECT_EQ(index.manifests[0].digest, amd64.raw.descriptor.digest);
  EXPECT_EQ(index.manifests[1].platform->text(), "linux/arm/v7");
  EXPECT_EQ(index.manifests[1].size, arm.raw.bytes.size());
  EXPECT_TRUE(sink_.has_manifest(arm.raw.descriptor.digest, {}).value());
  EXPECT_TRUE(sink_.has_blob(arm.manifest.layers[0], {}).value());
}

TEST_F(CreateIndexTest, AnIndexGivesItsMembers) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  put_image(source_, {"three"}, "linux/s390x", "s390x");
  put_index(source_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")},
            "both");
  ASSERT_TRUE(make({member("both"), member("s390x")}));
  EXPECT_EQ(made().manifests.size(), 3U);
  EXPECT_EQ(made().manifests[1].digest, arm64.raw.descriptor.digest);
}

TEST_F(CreateIndexTest, APlatformChoosesOneOfAnIndex) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  put_index(source_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")},
            "both");
  auto chosen = member("both");
  chosen.platform = testing::platform("linux/arm64");
  ASSERT_TRUE(make({chosen}));
  ASSERT_EQ(made().manifests.size(), 1U);
  EXPECT_EQ(made().manifests[0].digest, arm64.raw.descriptor.digest);
}

TEST_F(CreateIndexTest, RefusesTwoImagesForOnePlatform) {
  put_image(source_, {"one"}, "linux/arm64", "a");
  put_image(source_, {"two"}, "linux/arm64/v8", "b");
  const auto result = make({member("a"), member("b")});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(result.error().message().find("two images for linux/arm64"), std::string::npos) << result.error().message();
  EXPECT_EQ(sink_.count("tag"), 0U);
}

TEST_F(CreateIndexTest, WritesADockerListWithoutAnnotations) {
  put_image(source_, {"one"}, "linux/amd64", "a");
  ASSERT_TRUE(make({member("a")}, {.docker_types = true, .annotations = {}}));
  EXPECT_EQ(made().media_type, media_types::docker_index);
  EXPECT_EQ(make({member("a")}, {.docker_types = true, .annotations = {{"a", "b"}}}).error().code(),
            ErrorCode::invalid_input);
}

}  // namespace
}  // namespace create_index_test
}  // namespace dray::ops
