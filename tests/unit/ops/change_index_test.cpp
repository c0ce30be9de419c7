#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/ops/change_index.hpp>
#include <dray/ops/select.hpp>
#include <functional>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace change_index_test {
namespace {

using ::testing::ElementsAre;
using testing::entry_for;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::platform;
using testing::put_image;

/// A place where somebody else comes in between.
class Shared final : public testing::FakeStore {
 public:
  std::function<void()> before_resolve = {};
  Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    if (before_resolve) before_resolve();
    return FakeStore::resolve(name, stop);
  }
};

/// `all` lists amd64, an attestation about it, arm/v7 and a Windows image, with members that nobody here knows.
class ChangeIndexTest : public ::testing::Test {
 protected:
  ChangeIndexTest() {
    amd64_ = put_image(store_, {"one"}, "linux/amd64").raw;
    arm_ = put_image(store_, {"two"}, "linux/arm/v7").raw;
    windows_ = put_image(store_, {"three"}, "windows/amd64").raw;
    attestation_ = put_image(store_, {"four"}, "linux/amd64").raw;
    auto attestation = testing::attestation_for(*attestation_);
    attestation.annotations["vnd.docker.reference.digest"] = amd64_->descriptor.digest.text();
    auto raw = testing::raw_index({entry_for(*amd64_, "linux/amd64"), attestation, entry_for(*arm_, "linux/arm/v7"),
                                   entry_for(*windows_, "windows/amd64:10.0.17763.1")});
    const auto at = raw.bytes.find("\"manifests\"");
    raw.bytes.insert(at, R"("x-own": {"a": [1]}, )");
    raw.descriptor.digest = Digest::of(as_bytes(raw.bytes));
    raw.descriptor.size = raw.bytes.size();
    EXPECT_TRUE(store_.set_tag("all", raw, {}));
    before_ = raw.descriptor.digest;
  }
  Result<ChangedIndex> change(const IndexChanges& changes) { return change_index(store_, "all", changes, {}); }
  RawManifest now() { return store_.get_manifest(std::string("all"), {}).value(); }
  std::vector<Digest> listed() {
    std::vector<Digest> digests;
    const auto parsed = fetch_manifest(store_, std::string("all"), {}).value().parsed;
    for (const auto& entry : std::get<Index>(parsed).manifests) digests.push_back(entry.digest);
    return digests;
  }
  IndexChanges adding(std::string tag) {
    IndexChanges changes;
    changes.add.push_back({&source_, std::move(tag), std::nullopt});
    return changes;
  }
  const Digest& amd64() { return amd64_->descriptor.digest; }
  const Digest& attestation() { return attestation_->descriptor.digest; }
  const Digest& arm() { return arm_->descriptor.digest; }
  const Digest& windows() { return windows_->descriptor.digest; }

  Shared store_;
  testing::FakeStore source_;
  std::optional<RawManifest> amd64_;
  std::optional<RawManifest> arm_;
  std::optional<RawManifest> windows_;
  std::optional<RawManifest> attestation_;
  std::optional<Digest> before_;
};

TEST_F(ChangeIndexTest, AddsAnImageOfAnotherPlaceWithItsBlobs) {
  const auto added = put_image(source_, {"five"}, "linux/s390x", "s390x");
  const auto changed = change(adding("s390x")).value();
  EXPECT_EQ(changed.was.digest, before_);
  EXPECT_EQ(changed.now.digest, now().descriptor.digest);
  EXPECT_THAT(listed(), ElementsAre(amd64(), attestation(), arm(), windows(), added.raw.descriptor.digest));
  EXPECT_EQ(changed.added.at(0).platform->text(), "linux/s390x");
  EXPECT_TRUE(store_.has_blob(added.manifest.layers[0], {}).value());
  EXPECT_TRUE(store_.has_blob(added.manifest.config, {}).value());
}

TEST_F(ChangeIndexTest, KeepsWhatNobodyHereKnows) {
  put_image(source_, {"five"}, "linux/s390x", "s390x");
  ASSERT_TRUE(change(adding("s390x")));
  EXPECT_THAT(now().bytes, HasSubstr("x-own"));
  EXPECT_THAT(now().bytes, HasSubstr("org.example.kept"));
}

TEST_F(ChangeIndexTest, AddsForThePlatformThatIsSaidAndWithAnnotations) {
  put_image(source_, {"five"}, "linux/amd64", "wrong");
  auto changes = adding("wrong");
  changes.add[0].platform = platform("linux/riscv64");
  changes.entry_annotations = {{"a", "entry"}};
  changes.annotations = {{"b", "index"}};
  const auto changed = change(changes).value();
  EXPECT_EQ(changed.added.at(0).platform->text(), "linux/riscv64");
  EXPECT_EQ(changed.added.at(0).annotations.at("a"), "entry");
  const auto parsed = fetch_manifest(store_, std::string("all"), {}).value().parsed;
  EXPECT_EQ(std::get<Index>(parsed).annotations.at("b"), "index");
  EXPECT_EQ(std::get<Index>(parsed).annotations.at("org.example.kept"), "yes");
}

TEST_F(ChangeIndexTest, ASecondImageForAPlatformTakesItsPlaceOnlyWhereThatIsMeant) {
  const auto newer = put_image(source_, {"five"}, "linux/amd64", "newer").raw;
  const auto refused = change(adding("newer"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
  EXPECT_THAT(refused.error().message(), HasSubstr("--replace"));
  EXPECT_EQ(now().descriptor.digest, before_);
  auto changes = adding("newer");
  changes.replace = true;
  const auto changed = change(changes).value();
  // What was said about the old image goes with it.
  EXPECT_THAT(listed(), ElementsAre(newer.descriptor.digest, arm(), windows()));
  EXPECT_EQ(changed.removed.size(), 2U);
}

TEST_F(ChangeIndexTest, WhatIsThereAlreadyChangesNothing) {
  IndexChanges changes;
  changes.add.push_back({&store_, arm(), std::nullopt});
  const auto changed = change(changes).value();
  EXPECT_EQ(changed.now, changed.was);
  EXPECT_EQ(now().descriptor.digest, before_);
}

TEST_F(ChangeIndexTest, RemovesByPlatformAndByDigest) {
  IndexChanges changes;
  changes.remove_platforms = {platform("linux/amd64")};
  const auto changed = change(changes).value();
  EXPECT_THAT(listed(), ElementsAre(arm(), windows()));
  EXPECT_EQ(changed.removed.size(), 2U);
  EXPECT_TRUE(store_.has_manifest(amd64(), {}).value()) << "the image itself stays";
  changes = {};
  changes.remove_digests = {arm()};
  ASSERT_TRUE(change(changes));
  EXPECT_THAT(listed(), ElementsAre(windows()));
}

TEST_F(ChangeIndexTest, APlatformNamesNoOlderVariant) {
  IndexChanges changes;
  changes.remove_platforms = {platform("linux/arm/v8")};
  const auto refused = change(changes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
  EXPECT_THAT(refused.error().message(), HasSubstr("linux/arm/v7"));
}

TEST_F(ChangeIndexTest, AnOperatingSystemAloneNamesAllOfIt) {
  IndexChanges changes;
  changes.remove_platforms = {platform("linux")};
  ASSERT_TRUE(change(changes));
  EXPECT_THAT(listed(), ElementsAre(windows()));
}

TEST_F(ChangeIndexTest, FilterKeepsPlatformsAndWhatIsSaidAboutThem) {
  IndexChanges changes;
  changes.keep = {platform("linux/amd64"), platform("windows/amd64")};
  const auto changed = change(changes).value();
  EXPECT_THAT(listed(), ElementsAre(amd64(), attestation(), windows()));
  ASSERT_EQ(changed.removed.size(), 1U);
  changes.keep = {platform("windows")};
  ASSERT_TRUE(change(changes));
  EXPECT_THAT(listed(), ElementsAre(windows()));
}

TEST_F(ChangeIndexTest, NothingIsLeftIsRefused) {
  IndexChanges changes;
  changes.remove_platforms = {platform("linux"), platform("windows")};
  EXPECT_EQ(change(changes).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(now().descriptor.digest, before_);
}

TEST_F(ChangeIndexTest, UnknownPlatformsAndDigestsAreNotFound) {
  IndexChanges changes;
  changes.keep = {platform("linux/riscv64")};
  EXPECT_EQ(change(changes).error().code(), ErrorCode::not_found);
  changes = {};
  changes.remove_digests = {Digest::of(as_bytes("none"))};
  EXPECT_EQ(change(changes).error().code(), ErrorCode::not_found);
}

TEST_F(ChangeIndexTest, AnIndexThatSomebodyElseSetsMeanwhileIsLeftAlone) {
  const auto other = testing::raw_index({entry_for(*arm_, "linux/arm/v7")});
  store_.before_resolve = [&] { EXPECT_TRUE(store_.inner().set_tag("all", other, {})); };
  IndexChanges changes;
  changes.keep = {platform("windows")};
  const auto refused = change(changes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
  EXPECT_EQ(now().descriptor.digest, other.descriptor.digest);
}

TEST_F(ChangeIndexTest, AnImageIsNoIndex) {
  put_image(store_, {"x"}, "linux/amd64", "single");
  IndexChanges changes;
  changes.keep = {platform("linux/amd64")};
  const auto refused = change_index(store_, "single", changes, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_input);
}

// Fails the n-th operation, for every n: the tag is as it was until all is there.
TEST_F(ChangeIndexTest, AFailureLeavesTheTagAlone) {
  put_image(source_, {"five"}, "linux/s390x", "s390x");
  for (int nth = 1;; ++nth) {
    store_.fail_nth_from_now(nth);
    const auto changed = change(adding("s390x"));
    if (changed) {
      EXPECT_GT(nth, 4);
      break;
    }
    EXPECT_EQ(store_.inner().resolve(std::string("all"), {}).value().digest, before_) << nth;
  }
}

}  // namespace
}  // namespace change_index_test
}  // namespace dray::ops
