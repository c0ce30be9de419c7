#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "registry_testing.hpp"

namespace dray {
namespace registry_manifests_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::put;
using testing::read_bytes;
using testing::TestImage;
using testing::write_bytes;

class RegistryManifests : public testing::RegistryFolderTest {
 protected:
  [[nodiscard]] ErrorCode code_of(const ManifestName& name, const std::string& repository = "a") {
    const auto manifest = registry_->get_manifest(repository, name);
    return manifest ? ErrorCode::io : manifest.error().code();
  }
  [[nodiscard]] std::vector<std::string> tags() { return registry_->list_tags("a", "", 100).value().names; }

  RawManifest first_ = TestImage{.mark = "first"}.manifest();
  RawManifest second_ = TestImage{.mark = "second"}.manifest();
};

TEST_F(RegistryManifests, LieWhereDistributionLooksForThem) {
  put(*registry_, "library/alpine", first_, {"latest"});
  const auto& digest = first_.descriptor.digest;
  const auto manifests = tree("repositories/library/alpine/_manifests");
  const auto hex = std::string(digest.hex());
  EXPECT_EQ(read_bytes(blob_path(digest)), first_.bytes);
  EXPECT_EQ(read_bytes(manifests / "revisions/sha256" / hex / "link"), digest.text());
  EXPECT_EQ(read_bytes(manifests / "tags/latest/current/link"), digest.text());
  EXPECT_EQ(read_bytes(manifests / "tags/latest/index/sha256" / hex / "link"), digest.text());
}

TEST_F(RegistryManifests, AreGivenBackByTagAndByDigest) {
  put(*registry_, "a", first_, {"one", "two"});
  for (const ManifestName& name : {ManifestName("one"), ManifestName("two"), ManifestName(first_.descriptor.digest)}) {
    const auto manifest = registry_->get_manifest("a", name).value();
    EXPECT_EQ(manifest->bytes, first_.bytes);
    EXPECT_EQ(manifest->descriptor, first_.descriptor);
  }
  EXPECT_TRUE(registry_->has_manifest("a", first_.descriptor.digest).value());
  EXPECT_FALSE(registry_->has_manifest("b", first_.descriptor.digest).value());
}

TEST_F(RegistryManifests, HaveTheTypeOfTheDocument) {
  auto untyped = testing::raw(R"({"schemaVersion":2,"manifests":[]})", media_types::oci_manifest);
  put(*registry_, "a", untyped);
  EXPECT_EQ(registry_->get_manifest("a", untyped.descriptor.digest).value()->descriptor.media_type.text(),
            media_types::oci_index);
}

TEST_F(RegistryManifests, CanBeOfSha512) {
  auto manifest = first_;
  manifest.descriptor.digest = blob_of(first_.bytes, DigestAlgorithm::sha512).digest;
  put(*registry_, "a", manifest, {"tag"});
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->descriptor.digest, manifest.descriptor.digest);
  ASSERT_TRUE(registry_->remove_manifest("a", manifest.descriptor.digest));
  EXPECT_THAT(tags(), IsEmpty());
}

TEST_F(RegistryManifests, ThatAreUnknownAreNotFound) {
  put(*registry_, "a", first_, {"tag"});
  EXPECT_EQ(code_of("other"), ErrorCode::not_found);
  EXPECT_EQ(code_of(second_.descriptor.digest), ErrorCode::not_found);
  EXPECT_EQ(code_of("tag", "b"), ErrorCode::not_found);
  EXPECT_EQ(code_of(first_.descriptor.digest, "b"), ErrorCode::not_found);
}

TEST_F(RegistryManifests, AreRefusedWithOtherBytesThanTheirDigests) {
  auto wrong = first_;
  wrong.bytes += ' ';
  EXPECT_EQ(registry_->put_manifest("a", wrong, {"tag"}, {}).error().code(), ErrorCode::digest_mismatch);
  wrong.descriptor.size += 1;
  EXPECT_EQ(registry_->put_manifest("a", wrong, {"tag"}, {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(code_of("tag"), ErrorCode::not_found);
}

TEST_F(RegistryManifests, GoWithAllTheirTags) {
  put(*registry_, "a", first_, {"one", "two"});
  put(*registry_, "a", second_, {"three"});
  ASSERT_TRUE(registry_->remove_manifest("a", first_.descriptor.digest));
  EXPECT_EQ(code_of("one"), ErrorCode::not_found);
  EXPECT_EQ(code_of(first_.descriptor.digest), ErrorCode::not_found);
  EXPECT_THAT(tags(), ElementsAre("three"));
  EXPECT_EQ(registry_->remove_manifest("a", first_.descriptor.digest).error().code(), ErrorCode::not_found);
}

TEST_F(RegistryManifests, S3AreGoneAtOnceAlthoughTheirBytesAreInMemory) {
  put(*registry_, "a", first_, {"tag"});
  put(*registry_, "b", first_, {"tag"});
  ASSERT_TRUE(registry_->get_manifest("a", "tag"));
  ASSERT_TRUE(registry_->remove_manifest("a", first_.descriptor.digest));
  EXPECT_EQ(code_of(first_.descriptor.digest), ErrorCode::not_found);
  EXPECT_TRUE(registry_->get_manifest("b", "tag"));
  put(*registry_, "a", first_, {"tag"});
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
}

TEST_F(RegistryManifests, StayWhenATagGoes) {
  put(*registry_, "a", first_, {"one", "two"});
  ASSERT_TRUE(registry_->remove_tag("a", "one"));
  EXPECT_EQ(code_of("one"), ErrorCode::not_found);
  EXPECT_TRUE(registry_->get_manifest("a", "two"));
  EXPECT_FALSE(fs::exists(tree("repositories/a/_manifests/tags/one")));
  EXPECT_EQ(registry_->remove_tag("a", "one").error().code(), ErrorCode::not_found);
}

TEST_F(RegistryManifests, LoseATagThatMoves) {
  put(*registry_, "a", first_, {"tag"});
  put(*registry_, "a", second_, {"tag"});
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, second_.bytes);
  EXPECT_TRUE(registry_->get_manifest("a", first_.descriptor.digest));
  ASSERT_TRUE(registry_->remove_manifest("a", first_.descriptor.digest));
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, second_.bytes);
}

TEST_F(RegistryManifests, S30OfATagThatACrashLeftEmptyAreNotFound) {
  put(*registry_, "a", first_, {"good"});
  const auto tags_folder = tree("repositories/a/_manifests/tags");
  write_bytes(tags_folder / "empty/current/link", "");
  write_bytes(tags_folder / "rubbish/current/link", "sha256:12");
  fs::create_directories(tags_folder / "bare");
  for (const char* tag : {"empty", "rubbish", "bare"}) EXPECT_EQ(code_of(tag), ErrorCode::not_found) << tag;
  EXPECT_THAT(tags(), ElementsAre("good"));
  put(*registry_, "a", first_, {"empty"});
  EXPECT_THAT(tags(), ElementsAre("empty", "good"));
}

TEST_F(RegistryManifests, S39AreNeverServedDamaged) {
  put(*registry_, "a", first_, {"tag"});
  auto bytes = first_.bytes;
  bytes[10] = static_cast<char>(bytes[10] ^ 1);
  write_bytes(blob_path(first_.descriptor.digest), bytes);
  EXPECT_EQ(code_of("tag"), ErrorCode::digest_mismatch);
  put(*registry_, "a", first_);
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, first_.bytes);
}

TEST_F(RegistryManifests, WhoseBytesAreGoneAreNotFound) {
  put(*registry_, "a", first_, {"tag"});
  fs::remove(blob_path(first_.descriptor.digest));
  EXPECT_EQ(code_of("tag"), ErrorCode::not_found);
  EXPECT_FALSE(registry_->has_manifest("a", first_.descriptor.digest).value());
}

TEST_F(RegistryManifests, KeepTheirTagsOverAReopen) {
  put(*registry_, "a", first_, {"tag"});
  reopen();
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, first_.bytes);
  EXPECT_THAT(tags(), ElementsAre("tag"));
}

TEST_F(RegistryManifests, S8HostileRepositoriesAndTagsTouchNothingOutside) {
  temp_.write("outside/_manifests/tags/tag/current/link", first_.descriptor.digest.text());
  put(*registry_, "a", first_, {"tag"});
  for (const std::string& name :
       std::vector<std::string>{"..", ".", "../outside", "../../../../../outside", "/", "/etc", "a/../../..", "a//b",
                                "", "a/", "../../../../../../etc", std::string("a\0b", 3)}) {
    EXPECT_FALSE(registry_->get_manifest(name, "tag")) << name;
    EXPECT_FALSE(registry_->put_manifest(name, first_, {"tag"}, {})) << name;
    EXPECT_FALSE(registry_->remove_manifest(name, first_.descriptor.digest)) << name;
    EXPECT_FALSE(registry_->open_blob(name, first_.descriptor.digest)) << name;
    EXPECT_FALSE(registry_->get_manifest("a", name)) << name;
    EXPECT_FALSE(registry_->put_manifest("a", first_, {name}, {})) << name;
    EXPECT_FALSE(registry_->remove_tag("a", name)) << name;
  }
  std::vector<std::string> beside;
  for (const auto& entry : fs::directory_iterator(temp_.path())) beside.push_back(entry.path().filename());
  EXPECT_THAT(beside, ::testing::UnorderedElementsAre("registry", "outside"));
  EXPECT_THAT(tags(), ElementsAre("tag"));
}

TEST_F(RegistryManifests, S35OfManyWritersOfOneTagAreOneOfThem) {
  std::vector<RawManifest> all;
  for (int i = 0; i < 64; ++i) all.push_back(TestImage{.mark = std::to_string(i)}.manifest());
  std::vector<std::thread> writers;
  for (const auto& manifest : all) writers.emplace_back([&] { put(*registry_, "a", manifest, {"tag"}); });
  for (auto& writer : writers) writer.join();
  const auto last = registry_->get_manifest("a", "tag").value();
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.bytes == last->bytes; }));
  EXPECT_EQ(registry_->list_revisions("a").value().size(), 64U);
  EXPECT_THAT(tags(), ElementsAre("tag"));
}

TEST_F(RegistryManifests, S35PutAndRemovedByManyLeaveNoTagWithoutItsManifest) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 30; ++round) {
        if (i % 3 == 0) put(*registry_, "a", first_, {"tag" + std::to_string(round % 3)});
        if (i % 3 == 1) (void)registry_->remove_manifest("a", first_.descriptor.digest);
        if (i % 3 == 2) (void)registry_->remove_tag("a", "tag" + std::to_string(round % 3));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& tag : tags()) EXPECT_TRUE(registry_->get_manifest("a", tag)) << tag;
}

TEST_F(RegistryManifests, AreAllListedWithTheTimeOfTheirComing) {
  put(*registry_, "a", first_, {"tag"});
  put(*registry_, "a", second_);
  put(*registry_, "b", second_);
  const auto found = registry_->list_revisions("a").value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_LT(found[0].digest, found[1].digest);
  for (const auto& revision : found) {
    EXPECT_LT(std::chrono::abs(revision.stored - std::chrono::system_clock::now()), std::chrono::hours(1));
  }
  EXPECT_THAT(registry_->list_revisions("unknown").value(), IsEmpty());
}

}  // namespace
}  // namespace registry_manifests_test
}  // namespace dray
