#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/ops/remove.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace remove_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A registry that removes no tags, and manifests as it is told.
class OldRegistry final : public testing::FakeStore, public HasOrigin {
 public:
  bool removes_manifests = true;
  int fail_nth = 0;                          ///< Not 0: that request fails.
  int fail_from = 0;                         ///< Not 0: that request and every later one fails.
  std::function<void(int)> on_request = {};  ///< What others do just before the n-th request is answered.
  bool forgets_nothing = false;              ///< Says that it removed a manifest and has it still.

  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] RepositoryOrigin origin() const override { return {"fake", "app"}; }
  Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    return FakeStore::resolve(name, stop);
  }
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    return FakeStore::get_manifest(name, stop);
  }
  Result<void> put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    return FakeStore::put_blob(expected, open, stop);
  }
  Result<void> set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    return FakeStore::set_tag(tag, manifest, stop);
  }
  Result<void> remove_tag(const std::string&, const std::stop_token&) override {
    DRAY_TRY(answer());
    return refusal("no tags");
  }
  Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    if (!removes_manifests) return refusal("no manifests");
    if (forgets_nothing) return {};
    return FakeStore::remove_manifest(digest, stop);
  }
  Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override {
    DRAY_TRY(answer());
    return FakeStore::remove_blob(digest, stop);
  }

 private:
  static Error refusal(const std::string& what) {
    return Error(ErrorCode::unsupported, what).with_peer(405, "UNSUPPORTED");
  }
  Result<void> answer() {
    ++requests_;
    if (on_request) on_request(requests_);
    if (requests_ == fail_nth || (fail_from != 0 && requests_ >= fail_from)) {
      return Error(ErrorCode::unavailable, "the line was cut");
    }
    return {};
  }
  int requests_ = 0;
};

class LineOfNumbers final : public Random {
 public:
  double next_unit() override { return 0.25; }
};

/// One store with `one` under 1.0 and latest, `two` under 2.0.
template <class Store>
class Removal : public ::testing::Test {
 protected:
  Removal() {
    one_ = testing::put_image(store_, {"one"}, "linux/amd64", "1.0").raw;
    two_ = testing::put_image(store_, {"two"}, "linux/amd64", "2.0").raw;
    EXPECT_TRUE(store_.inner().set_tag("latest", *one_, {}));
  }
  Result<std::vector<PlannedRemoval>> plan(const std::vector<RemovalTarget>& targets) {
    return plan_removals(store_, targets, 0, {});
  }
  Result<RemovedBy> remove_tag(const std::string& tag, const std::stop_token& stop = {}) {
    const auto planned = plan({{tag, std::nullopt}});
    if (!planned) return planned.error();
    LineOfNumbers random;
    return remove(store_, planned->front(), random, stop);
  }
  std::optional<Digest> at(const std::string& tag) {
    const auto found = store_.inner().resolve(tag, {});
    return found ? std::optional(found->digest) : std::nullopt;
  }
  std::vector<std::string> tags() { return store_.inner().list_tags({}).value(); }

  Store store_;
  std::optional<RawManifest> one_;
  std::optional<RawManifest> two_;
};

using PlanRemovals = Removal<testing::FakeStore>;
using RemoveTag = Removal<testing::FakeStore>;
using RemoveTagOfAnOldRegistry = Removal<OldRegistry>;

TEST_F(PlanRemovals, ATagGoesAloneAndAManifestWithAllOfItsTags) {
  const auto planned = plan({{"1.0", {}}, {{}, one_->descriptor.digest}}).value();
  ASSERT_EQ(planned.size(), 2U);
  EXPECT_THAT(planned[0].tags, ElementsAre("1.0"));
  EXPECT_EQ(planned[0].manifest.digest, one_->descriptor.digest);
  EXPECT_FALSE(planned[1].tag);
  EXPECT_THAT(planned[1].tags, ElementsAre("1.0", "latest"));
  EXPECT_THAT(tags(), ElementsAre("1.0", "2.0", "latest"));
}

TEST_F(PlanRemovals, EachIsThereOnce) {
  const auto& digest = one_->descriptor.digest;
  EXPECT_EQ(plan({{"1.0", {}}, {"1.0", digest}, {{}, digest}, {{}, digest}})->size(), 2U);
}

TEST_F(PlanRemovals, AManifestWithoutTagsHasNone) {
  const auto third = testing::put_image(store_, {"three"}, "linux/amd64").raw;
  EXPECT_THAT(plan({{{}, third.descriptor.digest}})->front().tags, IsEmpty());
}

TEST_F(PlanRemovals, WhatIsNotThereAndWhatPointsElsewhereEndsIt) {
  EXPECT_EQ(plan({{"1.0", {}}, {"3.0", {}}}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(plan({{{}, Digest::of(as_bytes("none"))}}).error().code(), ErrorCode::not_found);
  const auto elsewhere = plan({{"1.0", two_->descriptor.digest}});
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code(), ErrorCode::conflict);
  EXPECT_THAT(elsewhere.error().message(), HasSubstr(one_->descriptor.digest.text()));
}

TEST_F(RemoveTag, LeavesTheManifestAndItsOtherTags) {
  EXPECT_EQ(remove_tag("1.0").value(), RemovedBy::place);
  EXPECT_THAT(tags(), ElementsAre("2.0", "latest"));
  EXPECT_EQ(at("latest"), one_->descriptor.digest);
}

TEST_F(RemoveTag, OneThatMovedMeanwhileStays) {
  const auto planned = plan({{"1.0", {}}}).value();
  ASSERT_TRUE(store_.inner().set_tag("1.0", *two_, {}));
  LineOfNumbers random;
  const auto removed = remove(store_, planned.front(), random, {});
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::conflict);
  EXPECT_EQ(at("1.0"), two_->descriptor.digest);
}

TEST_F(RemoveTag, AManifestGoesWithItsTags) {
  const auto planned = plan({{{}, one_->descriptor.digest}}).value();
  LineOfNumbers random;
  EXPECT_TRUE(remove(store_, planned.front(), random, {}));
  EXPECT_THAT(tags(), ElementsAre("2.0"));
}

TEST_F(RemoveTagOfAnOldRegistry, IsDoneWithAThrowawayThatLeavesNothing) {
  store_.forget_log();
  EXPECT_EQ(remove_tag("1.0").value(), RemovedBy::throwaway);
  EXPECT_THAT(tags(), ElementsAre("2.0", "latest"));
  EXPECT_EQ(at("latest"), one_->descriptor.digest);
  ASSERT_EQ(store_.count("blob "), 1U);
  for (const auto& line : store_.log()) {
    if (!line.starts_with("blob ")) continue;
    const auto config = Digest::parse(line.substr(5)).value();
    EXPECT_EQ(store_.inner().remove_blob(config, {}).error().code(), ErrorCode::not_found);
  }
}

TEST_F(RemoveTagOfAnOldRegistry, ThrowawaysAreOfTheFamilyThatTheRegistryTook) {
  Manifest docker = testing::put_image(store_, {"d"}, "linux/amd64").manifest;
  docker.media_type = MediaType::of(media_types::docker_manifest);
  docker.config.media_type = MediaType::of(media_types::docker_config);
  testing::put_manifest(store_, docker, "docker");
  std::optional<MediaType> seen;
  store_.on_request = [&](int) {
    const auto now = store_.inner().resolve(std::string("docker"), {});
    if (now) seen = now->media_type;
  };
  ASSERT_TRUE(remove_tag("docker"));
  EXPECT_EQ(seen, docker.media_type);
}

TEST_F(RemoveTagOfAnOldRegistry, WhereManifestsStayTooNothingIsChanged) {
  store_.removes_manifests = false;
  const auto removed = remove_tag("1.0");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(removed.error().message(), HasSubstr("no tags"));
  EXPECT_THAT(removed.error().message(), HasSubstr("storage.delete.enabled"));
  EXPECT_EQ(at("1.0"), one_->descriptor.digest);
  EXPECT_EQ(store_.count("blob"), 2U * 2U);  // those of the images: nothing was sent
}

// Fails the n-th request, for every n: the tag is gone, or it points where it did.
TEST_F(RemoveTagOfAnOldRegistry, AnyFailureLeavesTheTagAsItWasOrGone) {
  int failures = 0;
  for (int nth = 1;; ++nth) {
    ASSERT_TRUE(store_.inner().set_tag("1.0", *one_, {}));
    store_.fail_nth = store_.requests() + nth;
    const auto removed = remove_tag("1.0");
    const bool was_reached = store_.requests() >= store_.fail_nth;
    const auto now = at("1.0");
    EXPECT_TRUE(!now || *now == one_->descriptor.digest) << nth;
    EXPECT_FALSE(removed && now) << nth;
    EXPECT_EQ(at("latest"), one_->descriptor.digest) << nth;
    if (!removed) ++failures;
    if (!was_reached) break;
  }
  EXPECT_GE(failures, 6);
}

TEST_F(RemoveTagOfAnOldRegistry, AStopPutsInOrderWhatWasBegun) {
  std::stop_source stop;
  store_.on_request = [&](int) {
    const auto now = at("1.0");
    if (now && *now != one_->descriptor.digest) stop.request_stop();
  };
  const auto removed = remove_tag("1.0", stop.get_token());
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::cancelled);
  EXPECT_EQ(at("1.0"), one_->descriptor.digest);
}

TEST_F(RemoveTagOfAnOldRegistry, WhereItCannotBePutInOrderTheMessageSaysHow) {
  for (int from = 1; store_.fail_from == 0; ++from) {
    store_.on_request = [&](int request) {
      const auto now = at("1.0");
      if (now && *now != one_->descriptor.digest && store_.fail_from == 0) store_.fail_from = request;
    };
    const auto removed = remove_tag("1.0");
    ASSERT_FALSE(removed);
    EXPECT_THAT(removed.error().message(), HasSubstr("dray tag fake@" + one_->descriptor.digest.text() + " 1.0"));
  }
}

TEST_F(RemoveTagOfAnOldRegistry, ATagThatSomebodySetsMeanwhileIsLeftToThem) {
  store_.on_request = [&](int) {
    const auto now = at("1.0");
    const bool is_throwaway = now && *now != one_->descriptor.digest && *now != two_->descriptor.digest;
    if (is_throwaway) {
      EXPECT_TRUE(store_.inner().set_tag("1.0", *two_, {}));
    }
  };
  EXPECT_TRUE(remove_tag("1.0"));
  EXPECT_EQ(at("1.0"), two_->descriptor.digest);
}

TEST_F(RemoveTagOfAnOldRegistry, OneThatSaysItRemovedAndDidNotIsFoundOut) {
  store_.forgets_nothing = true;
  const auto removed = remove_tag("1.0");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code(), ErrorCode::protocol);
  EXPECT_EQ(at("1.0"), one_->descriptor.digest);
}

}  // namespace
}  // namespace remove_test
}  // namespace dray::ops
