#include "plan.hpp"

#include <gtest/gtest.h>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace plan_test {
namespace {

using From = PlannedBlob::From;

TEST(Plan, SaysWhereEachBlobComesFrom) {
  testing::FakeRepository source({"registry.example", "a"});
  testing::FakeRepository sink({"registry.example", "b"});
  const auto there = testing::put_bytes(&sink, media_types::oci_layer_gzip, "there");
  const auto absent = testing::put_bytes(nullptr, media_types::oci_layer_gzip, "absent");
  auto foreign = testing::put_bytes(nullptr, media_types::docker_foreign_layer_gzip, "foreign!");
  foreign.urls = {"https://elsewhere.example/layer"};
  const auto plan = make_plan(source, sink, {there, absent, foreign}, {}, {}).value();
  ASSERT_EQ(plan.blobs.size(), 3U);
  EXPECT_EQ(plan.blobs[0].from, From::present);
  EXPECT_EQ(plan.blobs[1].from, From::mount);
  EXPECT_EQ(plan.blobs[2].from, From::urls);
  EXPECT_EQ(plan.sums.blobs, 2U);
  EXPECT_EQ(plan.sums.bytes, 14U);
  EXPECT_EQ(plan.sums.present_blobs, 1U);
  EXPECT_EQ(plan.sums.present_bytes, 5U);
}

class PlanOfForeign : public ::testing::Test {
 protected:
  [[nodiscard]] PlannedBlob plan(const Descriptor& blob, ForeignLayers foreign) {
    CopyOptions options;
    options.foreign = foreign;
    const auto made = make_plan(source_, sink_, {blob}, options, {}).value();
    const bool left = made.blobs[0].from == From::left;
    EXPECT_EQ(made.sums.blobs + made.sums.present_blobs, left ? 0U : 1U);
    EXPECT_EQ(made.sums.bytes + made.sums.present_bytes, left ? 0U : blob.size);
    return made.blobs[0];
  }
  /// A layer of that type behind a URL, held where `holder` says.
  static Descriptor behind_url(testing::FakeStore* holder, std::string_view type, const std::string& bytes) {
    auto blob = testing::put_bytes(holder, type, bytes);
    blob.urls = {"https://elsewhere.example/layer"};
    return blob;
  }

  testing::FakeRepository source_{{"registry.example", "a"}};
  testing::FakeRepository sink_{{"other.example", "b"}};
};

TEST_F(PlanOfForeign, KeepCopiesWhatTheSourceHoldsAndLeavesTheRest) {
  const auto held = behind_url(&source_, media_types::oci_foreign_layer_zstd, "held");
  const auto absent = behind_url(nullptr, media_types::oci_foreign_layer, "absent");
  EXPECT_EQ(plan(held, ForeignLayers::keep).from, From::source);
  EXPECT_EQ(plan(absent, ForeignLayers::keep).from, From::left);
  EXPECT_EQ(source_.count("url "), 0U);
}

TEST_F(PlanOfForeign, KeepFailsWhereTheSourceCannotBeAsked) {
  const auto held = behind_url(&source_, media_types::oci_foreign_layer_gzip, "held");
  source_.faults.fail_opens = 1;
  CopyOptions options;
  options.foreign = ForeignLayers::keep;
  EXPECT_EQ(make_plan(source_, sink_, {held}, options, {}).error().code(), ErrorCode::unavailable);
}

TEST_F(PlanOfForeign, SkipLeavesAlsoWhatTheSourceHolds) {
  const auto held = behind_url(&source_, media_types::docker_foreign_layer_gzip, "held");
  EXPECT_EQ(plan(held, ForeignLayers::skip).from, From::left);
  EXPECT_EQ(source_.count("open "), 0U);
}

TEST_F(PlanOfForeign, WhatTheDestinationHasStaysThere) {
  const auto there = behind_url(&sink_, media_types::docker_foreign_layer_gzip, "there");
  for (const auto foreign : {ForeignLayers::include, ForeignLayers::keep, ForeignLayers::skip}) {
    EXPECT_EQ(plan(there, foreign).from, From::present);
  }
}

TEST_F(PlanOfForeign, NeitherUrlsAloneNorTheTypeAloneMakeALayerForeign) {
  const auto ordinary = behind_url(&source_, media_types::oci_layer_gzip, "ordinary");
  const auto nowhere_else = testing::put_bytes(&source_, media_types::oci_foreign_layer_gzip, "nowhere else");
  for (const auto foreign : {ForeignLayers::include, ForeignLayers::keep, ForeignLayers::skip}) {
    EXPECT_EQ(plan(ordinary, foreign).from, From::source);
    EXPECT_EQ(plan(nowhere_else, foreign).from, From::source);
  }
}

TEST(Plan, MountsOnlyBetweenSistersOnOneRegistry) {
  testing::FakeRepository a({"registry.example", "a"});
  testing::FakeRepository b({"registry.example", "b"});
  testing::FakeRepository far({"other.example", "a"});
  testing::FakeStore plain;
  EXPECT_EQ(mount_origin(a, b), a.origin());
  EXPECT_FALSE(mount_origin(a, a));
  EXPECT_FALSE(mount_origin(far, b));
  EXPECT_FALSE(mount_origin(plain, b));
  EXPECT_FALSE(mount_origin(a, plain));
}

TEST(Plan, HugeSizesDoNotWrapAround) {
  testing::FakeStore source;
  testing::FakeDisk sink;
  sink.free = 1000;
  auto one = testing::put_bytes(nullptr, media_types::oci_layer_gzip, "one");
  auto two = testing::put_bytes(nullptr, media_types::oci_layer_gzip, "two");
  one.size = two.size = UINT64_MAX - 1;
  const auto plan = make_plan(source, sink, {one, two}, {}, {}).value();
  EXPECT_EQ(plan.sums.bytes, UINT64_MAX);
  const auto space = check_space(sink, plan);
  ASSERT_FALSE(space);
  EXPECT_EQ(space.error().code(), ErrorCode::no_space);
}

TEST(Plan, WhatAnEarlierTryHoldsNeedsNoRoomAgain) {
  testing::FakeStore source;
  testing::FakeDisk sink;
  const auto blob = testing::put_bytes(nullptr, media_types::oci_layer_gzip, std::string(1000, 'x'));
  const auto plan = make_plan(source, sink, {blob}, {}, {}).value();
  sink.free = 999;
  EXPECT_FALSE(check_space(sink, plan));
  sink.held = 1;
  EXPECT_TRUE(check_space(sink, plan));
  sink.held = 5000;
  sink.free = 0;
  EXPECT_TRUE(check_space(sink, plan));
}

}  // namespace
}  // namespace plan_test
}  // namespace dray::ops
