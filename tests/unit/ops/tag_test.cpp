#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/ops/tag.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace tag_test {
namespace {

using ::testing::HasSubstr;

class TagImage : public ::testing::Test {
 protected:
  TagImage() {
    one_ = testing::put_image(store_, {"one"}, "linux/amd64", "1.0").raw.descriptor;
    two_ = testing::put_image(store_, {"two"}, "linux/amd64", "2.0").raw.descriptor;
    store_.forget_log();
  }
  Result<TagImageReport> tag(const ManifestName& name, const std::vector<std::string>& tags) {
    return tag_image(store_, name, tags, {});
  }
  Digest at(const std::string& name) { return store_.resolve(name, {}).value().digest; }

  testing::FakeStore store_;
  std::optional<Descriptor> one_;
  std::optional<Descriptor> two_;
};

TEST_F(TagImage, SetsSeveralAndSendsNoBlob) {
  const auto report = tag(std::string("1.0"), {"1", "latest", "1"}).value();
  EXPECT_EQ(report.image, *one_);
  ASSERT_EQ(report.tags.size(), 2U);  // one of them was named twice
  EXPECT_EQ(report.tags[0].tag, "1");
  EXPECT_FALSE(report.tags[0].was);
  EXPECT_EQ(at("1"), one_->digest);
  EXPECT_EQ(at("latest"), one_->digest);
  EXPECT_EQ(store_.count("blob"), 0U);
  EXPECT_EQ(store_.count("open"), 0U);
}

TEST_F(TagImage, SaysWhatATagPointedAtAndLeavesTheOneThatIsRight) {
  ASSERT_TRUE(tag(two_->digest, {"latest"}));
  store_.forget_log();
  const auto report = tag(one_->digest, {"latest", "1.0"}).value();
  EXPECT_EQ(report.tags[0].was, two_->digest);
  EXPECT_EQ(report.tags[1].was, one_->digest);
  EXPECT_EQ(store_.count("tag"), 1U);
  EXPECT_EQ(at("latest"), one_->digest);
}

TEST_F(TagImage, ChecksEveryNameBeforeAnythingIsAsked) {
  for (const auto* const wrong : {"", "-x", "a b", "app:2", "localhost:5000/app:2"}) {
    const auto report = tag(std::string("1.0"), {"fine", wrong});
    ASSERT_FALSE(report) << wrong;
    EXPECT_EQ(report.error().code(), ErrorCode::invalid_input) << wrong;
  }
  EXPECT_TRUE(store_.log().empty());
  EXPECT_THAT(tag(std::string("1.0"), {"localhost:5000/app:2"}).error().message(), HasSubstr("dray copy"));
}

TEST_F(TagImage, AnImageThatIsNotThereIsNotFound) {
  EXPECT_EQ(tag(std::string("3.0"), {"latest"}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(store_.count("tag"), 0U);
}

TEST_F(TagImage, AFailureNamesTheTagsThatWereSetBefore) {
  store_.fail_nth_from_now(4);  // the manifest is read, two tags are set
  const auto report = tag(std::string("1.0"), {"a", "b", "c"});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::io);
  EXPECT_THAT(report.error().message(), HasSubstr("after a, b were set"));
  EXPECT_EQ(at("b"), one_->digest);
  EXPECT_FALSE(store_.resolve(std::string("c"), {}));
}

}  // namespace
}  // namespace tag_test
}  // namespace dray::ops
