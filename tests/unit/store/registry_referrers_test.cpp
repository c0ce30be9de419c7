#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry_testing.hpp"

namespace dray {
namespace registry_referrers_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::put;
using testing::read_bytes;
using testing::TestImage;
using ::testing::UnorderedElementsAre;
using Use = RegistryFolderOptions::Use;

class RegistryReferrers : public testing::RegistryFolderTest {
 protected:
  void SetUp() override {
    RegistryFolderTest::SetUp();
    subject_ = TestImage{.mark = "subject"}.manifest().descriptor;
  }
  RawManifest referrer(const std::string& mark) const {
    return TestImage{.mark = mark, .subject = subject_}.manifest();
  }
  [[nodiscard]] std::vector<Digest> listed(const std::string& repository = "a") {
    return registry_->list_referrers(repository, subject_->digest).value();
  }

  std::optional<Descriptor> subject_;
};

TEST_F(RegistryReferrers, AreListedWhetherTheirSubjectIsThereOrNot) {
  const auto first = referrer("first");
  const auto second = referrer("second");
  put(*registry_, "a", first, {}, subject_->digest);
  put(*registry_, "a", second, {"tag"}, subject_->digest);
  put(*registry_, "a", TestImage{.mark = "other"}.manifest());
  EXPECT_THAT(listed(), UnorderedElementsAre(first.descriptor.digest, second.descriptor.digest));
  const auto found = listed();
  EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
  EXPECT_THAT(listed("b"), IsEmpty());
  EXPECT_THAT(registry_->list_referrers("a", first.descriptor.digest).value(), IsEmpty());
}

TEST_F(RegistryReferrers, HaveALinkOfTheirOwn) {
  const auto first = referrer("first");
  put(*registry_, "a", first, {}, subject_->digest);
  const auto path = tree("repositories/a/_referrers/sha256/" + std::string(subject_->digest.hex()) + "/sha256/" +
                         std::string(first.descriptor.digest.hex()) + "/link");
  EXPECT_EQ(read_bytes(path), first.descriptor.digest.text());
  ASSERT_TRUE(registry_->remove_manifest("a", first.descriptor.digest));
  EXPECT_FALSE(fs::exists(path));
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(RegistryReferrers, WithoutARevisionAreNotListed) {
  const auto first = referrer("first");
  put(*registry_, "a", first, {}, subject_->digest);
  fs::remove(link_path("a", "_manifests/revisions", first.descriptor.digest));
  EXPECT_THAT(listed(), IsEmpty());
}

TEST_F(RegistryReferrers, ThatNobodyNotedAreFound) {
  const auto first = referrer("first");
  const auto index = testing::index_of({}, subject_);
  put(*registry_, "a", first);
  put(*registry_, "a", index, {"sha256-" + std::string(subject_->digest.hex())});
  EXPECT_THAT(listed(), UnorderedElementsAre(first.descriptor.digest, index.descriptor.digest));
  EXPECT_EQ(files_below("docker/registry/v2/repositories/a/_referrers").size(), 2U);
}

TEST_F(RegistryReferrers, AreFoundByOneWhoOnlyReads) {
  const auto first = referrer("first");
  put(*registry_, "a", first);
  put(*registry_, "a", TestImage{.mark = "other"}.manifest());
  reopen({.use = Use::read});
  EXPECT_THAT(listed(), ElementsAre(first.descriptor.digest));
  EXPECT_FALSE(fs::exists(tree("repositories/a/_referrers")));
}

TEST_F(RegistryReferrers, OfOtherSubjectsAndDamagedManifestsDoNotDisturbTheSearch) {
  const auto first = referrer("first");
  const auto damaged = referrer("damaged");
  put(*registry_, "a", first);
  put(*registry_, "a", damaged);
  testing::write_bytes(blob_path(damaged.descriptor.digest), "spoiled \"subject\"");
  put(*registry_, "a", testing::raw(R"({"subject":7})", media_types::oci_manifest));
  EXPECT_THAT(listed(), ElementsAre(first.descriptor.digest));
}

}  // namespace
}  // namespace registry_referrers_test
}  // namespace dray
