// `dray tag`: several tags for an image, in every kind of place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_places.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace tag_test {
namespace {

using ::testing::HasSubstr;

class Tag : public InEachPlace {
 protected:
  std::string make(const std::string& file, std::string_view tag) {
    dray.write(file, make_tar({TarEntry{"etc/name", file}}));
    return line({"append", at("app", tag), file, "--platform", "linux/amd64"});
  }
};

TEST_P(Tag, SetsSeveralAtOnceAndSaysWhatTheyPointedAt) {
  const auto one = make("one.tar", ":1.0");
  const auto two = make("two.tar", ":2.0");
  EXPECT_EQ(ok({"tag", at("app", ":1.0"), "1", "latest"}), "1  " + one + "\nlatest  " + one + "\n");
  EXPECT_EQ(ok({"tag", at("app", ":2.0"), "2", "latest"}), "2  " + two + "\nlatest  " + two + "  was " + one + "\n");
  EXPECT_EQ(ok({"tag", at("app", ":1.0"), "latest", "1", "--jq", ".digest, .tags[], .moved[].tag, .moved[].from"}),
            one + "\nlatest\n1\nlatest\n" + two + "\n");
  EXPECT_EQ(line({"digest", at("app", ":latest")}), one);
}

TEST_P(Tag, NamesTheImageByItsDigest) {
  const auto one = make("one.tar", ":1.0");
  make("two.tar", ":latest");
  ok({"tag", at("app", "@" + one), "by-digest"});
  EXPECT_EQ(line({"digest", at("app", ":by-digest")}), one);
}

TEST_P(Tag, NoBlobIsSent) {
  if (GetParam().name == std::string_view("Layout")) GTEST_SKIP() << "a layout has nobody to be sent to";
  make("one.tar", ":1.0");
  const Outcome outcome = dray({"tag", at("app", ":1.0"), "1", "--trace"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("/manifests/1"));
  EXPECT_EQ(outcome.err.find("/blobs/"), std::string::npos) << outcome.err;
}

TEST_P(Tag, WhatIsNotThereIsNotFoundAndNotMade) {
  const Outcome outcome = dray({"tag", at("none", ":1"), "2"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(dray / "none"));
}

TEST_P(Tag, ATagIsNoReference) {
  const auto one = make("one.tar", ":1.0");
  const Outcome outcome = dray({"tag", at("app", ":1.0"), "fine", at("other", ":1")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("`dray copy`"));
  EXPECT_EQ(dray({"digest", at("app", ":fine")}).status, 3);
}

INSTANTIATE_TEST_SUITE_P(Places, Tag, ::testing::ValuesIn(change_places()), place_name);

}  // namespace
}  // namespace tag_test
}  // namespace dray::testing
