#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry_testing.hpp"

namespace dray {
namespace registry_verify_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::push_image;
using testing::read_bytes;
using testing::TestImage;
using testing::write_bytes;

class RegistryVerify : public testing::RegistryFolderTest {
 protected:
  void SetUp() override {
    RegistryFolderTest::SetUp();
    image_ = push_image(*registry_, "a", {.mark = "x", .layers = {"one", "two"}}, {"tag"}).digest;
  }
  VerifyRegistryReport verify(bool quarantine = false) {
    auto report = registry_->verify(quarantine, {});
    EXPECT_TRUE(report) << report.error().message();
    return report ? std::move(*report) : VerifyRegistryReport();
  }
  /// The only damage there is.
  Damage damage(bool quarantine = false) {
    auto report = verify(quarantine);
    EXPECT_EQ(report.damage.size(), 1U);
    return report.damage.empty() ? Damage() : report.damage.front();
  }
  static void flip_a_bit(const fs::path& path) {
    auto bytes = read_bytes(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    write_bytes(path, bytes);
  }

  std::optional<Digest> image_;
};

TEST_F(RegistryVerify, CountsWhatIsRight) {
  push_image(*registry_, "b", {.mark = "x", .layers = {"one"}}, {"tag", "more"});
  const auto report = verify();
  EXPECT_THAT(report.damage, IsEmpty());
  EXPECT_THAT(report.strange, IsEmpty());
  EXPECT_EQ(report.repositories, 2U);
  EXPECT_EQ(report.tags, 3U);
  EXPECT_EQ(report.manifests, 2U);
  EXPECT_EQ(report.blobs, 5U);
}

TEST_F(RegistryVerify, S39FindsAFlippedBitInAnyFile) {
  for (const auto& file : files_below("docker/registry/v2")) {
    if (file.find("/index/") != std::string::npos) continue;  // nothing reads a tag's index back
    const auto path = tree(file);
    const auto before = read_bytes(path);
    flip_a_bit(path);
    EXPECT_FALSE(verify().damage.empty()) << file;
    write_bytes(path, before);
  }
  EXPECT_THAT(verify().damage, IsEmpty());
}

TEST_F(RegistryVerify, SaysWhatIsMissingAndWhere) {
  fs::remove(blob_path(blob_of("two").digest));
  const auto found = damage();
  EXPECT_EQ(found.repository, "a");
  EXPECT_EQ(found.what,
            "the blob " + blob_of("two").digest.text() + " is missing; layer 2 of the manifest " + image_->text());
}

TEST_F(RegistryVerify, SaysThatARepositoryLacksALink) {
  fs::remove(link_path("a", "_layers", blob_of("one").digest));
  EXPECT_THAT(damage().what, HasSubstr("has no link in the repository; layer 1"));
}

TEST_F(RegistryVerify, SaysThatAManifestIsMissing) {
  fs::remove(blob_path(*image_));
  EXPECT_THAT(damage().what, HasSubstr("the manifest " + image_->text() + " is missing"));
}

TEST_F(RegistryVerify, SaysThatATagPointsAtNothing) {
  ASSERT_TRUE(registry_->remove_manifest("a", *image_));
  write_bytes(tree("repositories/a/_manifests/tags/tag/current/link"), image_->text());
  EXPECT_THAT(damage().what, HasSubstr("the tag tag points at the manifest"));
}

TEST_F(RegistryVerify, SaysThatASizeIsWrong) {
  auto lying = testing::described("one", media_types::oci_layer);
  lying.size = 5;
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = testing::described(TestImage{.mark = "x"}.config(), media_types::oci_config),
                    .layers = {lying}};
  testing::put(*registry_, "a", testing::raw(manifest.serialize(), media_types::oci_manifest));
  EXPECT_THAT(damage().what, HasSubstr("has 3 bytes and not 5; layer 1"));
}

TEST_F(RegistryVerify, AllowsForeignLayersAndAbsentChildren) {
  auto foreign = testing::described("foreign", media_types::oci_layer);
  foreign.urls = {"https://example.com/foreign"};
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = testing::described(TestImage{.mark = "x"}.config(), media_types::oci_config),
                    .layers = {foreign}};
  testing::put(*registry_, "a", testing::raw(manifest.serialize(), media_types::oci_manifest));
  testing::put(*registry_, "a", testing::index_of({blob_of("absent")}));
  EXPECT_THAT(verify().damage, IsEmpty());
}

TEST_F(RegistryVerify, S39SetsADamagedBlobAsideSoThatItIsNeverServed) {
  const auto digest = blob_of("two").digest;
  flip_a_bit(blob_path(digest));
  EXPECT_FALSE(damage().quarantined);
  EXPECT_TRUE(damage(true).quarantined);
  EXPECT_FALSE(registry_->open_blob("a", digest));
  EXPECT_TRUE(fs::exists(root_ / "_dray/quarantine" / digest.text()));
  testing::push_blob(*registry_, "a", "two");
  EXPECT_THAT(verify().damage, IsEmpty());
}

TEST_F(RegistryVerify, S39ForgetsADamagedManifestThatWasInMemory) {
  ASSERT_TRUE(registry_->get_manifest("a", "tag"));
  flip_a_bit(blob_path(*image_));
  EXPECT_TRUE(damage(true).quarantined);
  EXPECT_EQ(registry_->get_manifest("a", "tag").error().code(), ErrorCode::not_found);
}

TEST_F(RegistryVerify, ReadsBlobsThatNoManifestNamesButARepositoryGivesOut) {
  testing::push_blob(*registry_, "a", "loose");
  flip_a_bit(blob_path(blob_of("loose").digest));
  EXPECT_THAT(damage().what, HasSubstr(blob_of("loose").digest.text()));
}

TEST_F(RegistryVerify, S37ReportsStrangeThings) {
  write_bytes(blob_path(*image_).parent_path() / "stray", "x");
  write_bytes(tree("repositories/a/_manifests/tags/-odd/current/link"), "x");
  EXPECT_EQ(verify(true).strange.size(), 2U);
  EXPECT_TRUE(fs::exists(blob_path(*image_).parent_path() / "stray"));
}

TEST_F(RegistryVerify, EndsWhenItIsToldTo) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(registry_->verify(false, stop.get_token()).error().code(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace registry_verify_test
}  // namespace dray
