#include <gtest/gtest.h>

#include <dray/ops/copy.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace sparse_test {
namespace {

using testing::FakeStore;

class SparseCopy : public ::testing::Test {
 protected:
  SparseCopy() {
    options_.sparse = true;
    options_.platforms = {testing::platform("linux/amd64")};
  }

  Result<CopyReport> run(const std::string& name = "v1") { return copy(source_, name, sink_, "v1", options_, {}); }

  FakeStore source_;
  FakeStore sink_;
  testing::TestImage amd64_ = testing::put_image(source_, {"one"}, "linux/amd64");
  testing::TestImage arm64_ = testing::put_image(source_, {"two"}, "linux/arm64");
  testing::TestImage s390x_ = testing::put_image(source_, {"three"}, "linux/s390x");
  RawManifest index_ =
      testing::put_index(source_,
                         {testing::entry_for(amd64_.raw, "linux/amd64"), testing::entry_for(arm64_.raw, "linux/arm64"),
                          testing::entry_for(s390x_.raw, "linux/s390x")},
                         "v1");
  CopyOptions options_;
};

TEST_F(SparseCopy, KeepsTheIndexAndBringsTheChosenImageAlone) {
  source_.forget_log();
  const auto report = run().value();
  EXPECT_EQ(report.copied.digest, index_.descriptor.digest);
  EXPECT_TRUE(report.reasons.empty());
  EXPECT_EQ(sink_.get_manifest(std::string("v1"), {}).value().bytes, index_.bytes);
  EXPECT_TRUE(sink_.has_manifest(amd64_.raw.descriptor.digest, {}).value());
  EXPECT_FALSE(sink_.has_manifest(arm64_.raw.descriptor.digest, {}).value());
  EXPECT_FALSE(sink_.has_blob(arm64_.manifest.layers[0], {}).value());
  EXPECT_EQ(source_.count("get " + arm64_.raw.descriptor.digest.text()), 0U);
  EXPECT_EQ(report.bytes_transferred, amd64_.manifest.total_size());
}

TEST_F(SparseCopy, TakesSeveralPlatforms) {
  options_.platforms.push_back(testing::platform("linux/s390x"));
  ASSERT_TRUE(run());
  EXPECT_TRUE(sink_.has_manifest(s390x_.raw.descriptor.digest, {}).value());
  EXPECT_FALSE(sink_.has_manifest(arm64_.raw.descriptor.digest, {}).value());
}

TEST_F(SparseCopy, BringsAllOfAnIndexInsideThatWasChosen) {
  const auto inner = testing::put_index(source_, {testing::entry_for(amd64_.raw, "linux/amd64")});
  testing::put_index(source_, {testing::entry_for(inner, "linux/amd64"), testing::entry_for(arm64_.raw, "linux/arm64")},
                     "nested");
  ASSERT_TRUE(run("nested"));
  EXPECT_TRUE(sink_.has_manifest(inner.descriptor.digest, {}).value());
  EXPECT_TRUE(sink_.has_manifest(amd64_.raw.descriptor.digest, {}).value());
  EXPECT_FALSE(sink_.has_manifest(arm64_.raw.descriptor.digest, {}).value());
}

TEST_F(SparseCopy, OfASparseIndexCopiesWhatIsThere) {
  ASSERT_TRUE(run());
  FakeStore third;
  const auto report = copy(sink_, std::string("v1"), third, "v1", options_, {}).value();
  EXPECT_EQ(report.copied.digest, index_.descriptor.digest);
  options_.platforms = {};
  options_.sparse = false;
  const auto all = copy(sink_, std::string("v1"), third, "v1", options_, {});
  EXPECT_EQ(all.error().code(), ErrorCode::not_found);
  // They are asked for side by side: the first answer ends the walk.
  const auto message = all.error().message();
  EXPECT_TRUE(message.find("linux/arm64") != message.npos || message.find("linux/s390x") != message.npos) << message;
}

TEST_F(SparseCopy, OfASingleImageIsThatImage) {
  const auto single = testing::put_image(source_, {"one"}, "linux/amd64", "single");
  EXPECT_EQ(run("single").value().copied.digest, single.raw.descriptor.digest);
  options_.platforms = {testing::platform("linux/riscv64")};
  EXPECT_EQ(run("single").error().code(), ErrorCode::not_found);
}

TEST_F(SparseCopy, WithoutPlatformsIsRefusedBeforeAnythingIsAsked) {
  options_.platforms = {};
  source_.forget_log();
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  EXPECT_TRUE(source_.log().empty());
}

TEST_F(SparseCopy, TellsWhyADigestIsAnother) {
  options_.sparse = false;
  const auto one = run().value();
  ASSERT_EQ(one.reasons.size(), 1U);
  EXPECT_NE(one.reasons[0].find("linux/amd64 was chosen"), std::string::npos) << one.reasons[0];
  options_.platforms.push_back(testing::platform("linux/s390x"));
  const auto two = run().value();
  EXPECT_NE(two.copied.digest, two.resolved.digest);
  EXPECT_EQ(two.reasons, (std::vector<std::string>{"2 of the index's 3 entries were chosen: a new index lists them"}));
  options_.platforms.push_back(testing::platform("linux/arm64"));
  EXPECT_TRUE(run().value().reasons.empty());
}

}  // namespace
}  // namespace sparse_test
}  // namespace dray::ops
