#include <dray/store/digest_tags.hpp>

#include <gtest/gtest.h>

#include <dray/store/referrers.hpp>

#include "store_testing.hpp"

namespace dray {
namespace digest_tags_test {
namespace {

const Digest subject = testing::blob_of("x").digest;

TEST(DigestTags, CosignsHaveAnEnding) {
  const auto tags = cosign_tags(subject);
  ASSERT_EQ(tags.size(), 3U);
  EXPECT_EQ(tags[0].tag, referrers_tag(subject) + ".sig");
  EXPECT_EQ(tags[1].tag, referrers_tag(subject) + ".att");
  EXPECT_EQ(tags[2].tag, referrers_tag(subject) + ".sbom");
  EXPECT_EQ(tags[0].holds, "cosign signature");
}

TEST(DigestTags, ALongDigestIsNoTagOfCosigns) {
  EXPECT_TRUE(cosign_tags(testing::blob_of("x", DigestAlgorithm::sha512).digest).empty());
}

TEST(DigestTags, AListOfReferrersIsKnownByItsName) {
  EXPECT_TRUE(is_referrers_tag(referrers_tag(subject)));
  EXPECT_TRUE(is_referrers_tag(referrers_tag(testing::blob_of("x", DigestAlgorithm::sha512).digest)));
  for (const auto& other : {cosign_tags(subject)[0].tag, std::string("latest"), std::string("sha256-"),
                            std::string("sha256-1234"), "sha255-" + std::string(64, 'a'),
                            "sha256-" + std::string(64, 'g'), "sha256-" + std::string(65, 'a'), std::string()}) {
    EXPECT_FALSE(is_referrers_tag(other)) << other;
  }
}

}  // namespace
}  // namespace digest_tags_test
}  // namespace dray
