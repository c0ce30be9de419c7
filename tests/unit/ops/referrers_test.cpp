#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/artifact_limits.hpp>
#include <dray/ops/referrers.hpp>

#include "referrer_places.hpp"

namespace dray::ops {
namespace referrers_test {
namespace {

using testing::attach;
using ::testing::IsEmpty;

constexpr std::string_view sbom = "application/vnd.example.sbom";
constexpr std::string_view signature = "application/vnd.example.signature";

class Referrers : public ::testing::Test {
 protected:
  Result<ReferrersReport> list(const ReferrersOptions& options = {}) {
    return list_referrers(store_, std::string("1"), options, {});
  }

  testing::ReferrerPlace store_;
  Descriptor image_ = testing::put_image(store_, {"layer"}, "linux/amd64", "1").raw.descriptor;
};

TEST_F(Referrers, AreATree) {
  const auto bom = attach(store_, image_, sbom, "bom");
  const auto signed_bom = attach(store_, bom, signature, "of the bom");
  const auto signed_image = attach(store_, image_, signature, "of the image");
  const auto report = list().value();
  EXPECT_EQ(report.subject.digest, image_.digest);
  EXPECT_EQ(report.count(), 3U);
  ASSERT_EQ(report.referrers.size(), 2U);
  for (const auto& referrer : report.referrers) {
    if (referrer.descriptor.digest == bom.digest) {
      EXPECT_EQ(referrer.descriptor.artifact_type, MediaType::of(sbom));
      EXPECT_EQ(referrer.descriptor.annotations.at("content"), "bom");
      ASSERT_EQ(referrer.referrers.size(), 1U);
      EXPECT_EQ(referrer.referrers[0].descriptor.digest, signed_bom.digest);
    } else {
      EXPECT_EQ(referrer.descriptor.digest, signed_image.digest);
      EXPECT_THAT(referrer.referrers, IsEmpty());
    }
  }
}

TEST_F(Referrers, NoneAreNoError) { EXPECT_THAT(list().value().referrers, IsEmpty()); }

TEST_F(Referrers, AnArtifactTypeChoosesAmongTheSubjectsOwn) {
  const auto bom = attach(store_, image_, sbom, "bom");
  attach(store_, bom, signature, "of the bom");
  attach(store_, image_, signature, "of the image");
  const auto report = list({.artifact_type = MediaType::of(sbom)}).value();
  ASSERT_EQ(report.referrers.size(), 1U);
  EXPECT_EQ(report.referrers[0].referrers.size(), 1U);
}

TEST_F(Referrers, DepthBoundsTheTree) {
  const auto bom = attach(store_, image_, sbom, "bom");
  attach(store_, bom, signature, "of the bom");
  store_.forget_log();
  const auto report = list({.depth = 1}).value();
  EXPECT_EQ(report.count(), 1U);
  EXPECT_EQ(store_.count("referrers"), 1U);
}

TEST_F(Referrers, AListThatGoesInCirclesEnds) {
  const auto bom = attach(store_, image_, sbom, "bom");
  store_.lies[bom.digest] = {image_, bom};
  const auto report = list().value();
  EXPECT_EQ(report.count(), 3U);
}

TEST_F(Referrers, AnEndlessChainIsTooDeep) {
  auto subject = image_;
  for (std::size_t i = 0; i <= limits::max_referrers_depth; ++i) {
    subject = attach(store_, subject, sbom, std::to_string(i));
  }
  const auto report = list();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::limit_exceeded);
  EXPECT_TRUE(list({.depth = limits::max_referrers_depth}));
}

TEST_F(Referrers, CosignsTagsAreListedUnlessATypeIsAskedFor) {
  const auto tag = "sha256-" + std::string(image_.digest.hex()) + ".sig";
  const auto cosign = testing::put_image(store_, {"signature"}, "linux/amd64", tag).raw.descriptor;
  const auto report = list().value();
  ASSERT_EQ(report.referrers.size(), 1U);
  EXPECT_EQ(report.referrers[0].descriptor.digest, cosign.digest);
  EXPECT_EQ(report.referrers[0].cosign, "cosign signature");
  EXPECT_EQ(report.referrers[0].tag, tag);
  EXPECT_THAT(list({.artifact_type = MediaType::of(sbom)}).value().referrers, IsEmpty());
}

TEST_F(Referrers, OfAnIndexOrOfOneOfItsImages) {
  const auto index = testing::put_index(store_, {testing::entry_for({image_, {}}, "linux/amd64")}, "index").descriptor;
  const auto of_index = attach(store_, index, sbom, "of the index");
  const auto of_image = attach(store_, image_, sbom, "of the image");
  const auto all = list_referrers(store_, std::string("index"), {}, {}).value();
  ASSERT_EQ(all.referrers.size(), 1U);
  EXPECT_EQ(all.referrers[0].descriptor.digest, of_index.digest);
  const auto one =
      list_referrers(store_, std::string("index"), {.platform = testing::platform("linux/amd64")}, {}).value();
  ASSERT_EQ(one.referrers.size(), 1U);
  EXPECT_EQ(one.referrers[0].descriptor.digest, of_image.digest);
}

TEST_F(Referrers, APlaceThatKeepsNoListSaysSo) {
  testing::FakeStore other;
  testing::put_image(other, {"layer"}, "linux/amd64", "1");
  EXPECT_EQ(list_referrers(other, std::string("1"), {}, {}).error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace referrers_test
}  // namespace dray::ops
