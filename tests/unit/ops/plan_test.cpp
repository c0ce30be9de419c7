#include "plan.hpp"

#include <gtest/gtest.h>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace {

using From = PlannedBlob::From;

TEST(Plan, SaysWhereEachBlobComesFrom) {
  testing::FakeRepository source({"registry.example", "a"});
  testing::FakeRepository sink({"registry.example", "b"});
  const auto there = testing::put_bytes(&sink, media_types::oci_layer_gzip, "there");
  const auto absent = testing::put_bytes(nullptr, media_types::oci_layer_gzip, "absent");
  auto foreign = testing::put_bytes(nullptr, media_types::docker_foreign_layer_gzip, "foreign!");
  foreign.urls = {"https://elsewhere.example/layer"};
  const auto plan = make_plan(source, sink, {there, absent, foreign}, 4, {}).value();
  ASSERT_EQ(plan.blobs.size(), 3U);
  EXPECT_EQ(plan.blobs[0].from, From::present);
  EXPECT_EQ(plan.blobs[1].from, From::mount);
  EXPECT_EQ(plan.blobs[2].from, From::urls);
  EXPECT_EQ(plan.sums.blobs, 2U);
  EXPECT_EQ(plan.sums.bytes, 14U);
  EXPECT_EQ(plan.sums.present_blobs, 1U);
  EXPECT_EQ(plan.sums.present_bytes, 5U);
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
  const auto plan = make_plan(source, sink, {one, two}, 4, {}).value();
  EXPECT_EQ(plan.sums.bytes, UINT64_MAX);
  const auto space = check_space(sink, plan);
  ASSERT_FALSE(space);
  EXPECT_EQ(space.error().code(), ErrorCode::no_space);
}

TEST(Plan, WhatAnEarlierTryHoldsNeedsNoRoomAgain) {
  testing::FakeStore source;
  testing::FakeDisk sink;
  const auto blob = testing::put_bytes(nullptr, media_types::oci_layer_gzip, std::string(1000, 'x'));
  const auto plan = make_plan(source, sink, {blob}, 4, {}).value();
  sink.free = 999;
  EXPECT_FALSE(check_space(sink, plan));
  sink.held = 1;
  EXPECT_TRUE(check_space(sink, plan));
  sink.held = 5000;
  sink.free = 0;
  EXPECT_TRUE(check_space(sink, plan));
}

}  // namespace
}  // namespace dray::ops
