#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/ops/copy.hpp>
#include <dray/ops/copy_tags.hpp>

#include "referrer_places.hpp"

namespace dray::ops {
namespace bring_referrers_test {
namespace {

using testing::attach;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view sbom = "application/vnd.example.sbom";
constexpr std::string_view signature = "application/vnd.example.signature";

CopyOptions along() {
  CopyOptions options;
  options.referrers = true;
  return options;
}
CopyOptions in_a_dry_run(CopyOptions options) {
  options.dry_run = true;
  return options;
}

class CopyReferrers : public ::testing::Test {
 protected:
  Result<CopyReport> copy_one(const CopyOptions& options = along()) {
    return copy(source_, std::string("1"), sink_, "1", options, {});
  }
  Result<TagsReport> copy_all(const std::vector<std::string>& tags, bool dry_run = false) {
    CopyTagsOptions options;
    options.copy.referrers = true;
    options.copy.dry_run = dry_run;
    return copy_tags(source_, tags, [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); },
                     options, {});
  }
  std::vector<Digest> listed(const Descriptor& subject) {
    std::vector<Digest> digests;
    const auto found = sink_.inner().list_referrers(subject.digest, std::nullopt, {}).value();
    for (const auto& entry : found) digests.push_back(entry.digest);
    return digests;
  }
  std::string cosign_tag(std::string_view ending) {
    return "sha256-" + std::string(image_.digest.hex()) + std::string(ending);
  }

  testing::ReferrerPlace source_;
  testing::ReferrerPlace sink_;
  Descriptor image_ = testing::put_image(source_, {"layer"}, "linux/amd64", "1").raw.descriptor;
};

TEST_F(CopyReferrers, StayUnlessTheyAreAskedFor) {
  attach(source_, image_, sbom, "bom");
  const auto report = copy_one({}).value();
  EXPECT_EQ(report.referrers.copied, 0U);
  EXPECT_THAT(listed(image_), IsEmpty());
  EXPECT_EQ(source_.count("referrers"), 0U);
}

TEST_F(CopyReferrers, GoAlongWithWhatRefersToThem) {
  const auto bom = attach(source_, image_, sbom, "bom");
  const auto signed_bom = attach(source_, bom, signature, "of the bom");
  const auto report = copy_one().value();
  EXPECT_EQ(report.referrers.copied, 2U);
  EXPECT_EQ(report.referrers.present, 0U);
  EXPECT_EQ(report.copied.digest, image_.digest);
  EXPECT_EQ(report.manifests, 3U);
  EXPECT_THAT(listed(image_), ElementsAre(bom.digest));
  EXPECT_THAT(listed(bom), ElementsAre(signed_bom.digest));
  // Whoever sees the tag sees all of it.
  EXPECT_EQ(sink_.log()[sink_.log().size() - 2], "tag 1");
}

TEST_F(CopyReferrers, OfTheImagesOfAnIndexGoAlong) {
  testing::put_index(source_, {testing::entry_for({image_, {}}, "linux/amd64")}, "1");
  const auto bom = attach(source_, image_, sbom, "bom");
  ASSERT_TRUE(copy_one());
  EXPECT_THAT(listed(image_), ElementsAre(bom.digest));
}

TEST_F(CopyReferrers, WhatIsThereIsNotBroughtAgain) {
  attach(source_, image_, sbom, "bom");
  ASSERT_TRUE(copy_one());
  const auto signed_image = attach(source_, image_, signature, "new");
  sink_.forget_log();
  const auto report = copy_one().value();
  EXPECT_EQ(report.referrers.copied, 1U);
  EXPECT_EQ(report.referrers.present, 1U);
  EXPECT_EQ(sink_.count("blob"), 1U);
  EXPECT_EQ(sink_.count("manifest " + signed_image.digest.text()), 1U);
  EXPECT_EQ(sink_.count("manifest"), 1U);
}

TEST_F(CopyReferrers, CosignsTagsGoAlong) {
  const auto cosign = testing::put_image(source_, {"signature"}, "linux/amd64", cosign_tag(".sig")).raw.descriptor;
  EXPECT_EQ(copy_one().value().referrers.tags, 1U);
  EXPECT_EQ(sink_.resolve(cosign_tag(".sig"), {}).value().digest, cosign.digest);
  EXPECT_EQ(copy_one().value().referrers.present, 1U);
}

TEST_F(CopyReferrers, WhatIsListedAndNotThereIsTold) {
  const auto bom = attach(source_, image_, sbom, "bom");
  const auto stranger = testing::put_image(source_, {"other"}, "linux/arm64").raw.descriptor;
  auto gone = image_;
  gone.digest = Digest::of(as_bytes(std::string_view("gone")));
  source_.lies[image_.digest] = {gone, stranger};
  const auto report = copy_one().value();
  EXPECT_EQ(report.referrers.copied, 1U);
  EXPECT_THAT(report.referrers.missing, UnorderedElementsAre(gone.digest, stranger.digest));
  EXPECT_THAT(listed(image_), ElementsAre(bom.digest));
  EXPECT_FALSE(sink_.inner().has_manifest(stranger.digest, {}).value());
}

TEST_F(CopyReferrers, ADryRunCountsThemAndMovesNothing) {
  attach(source_, image_, sbom, "bom");
  const auto report = copy_one(in_a_dry_run(along())).value();
  EXPECT_EQ(report.referrers.copied, 1U);
  const auto without = copy_one(in_a_dry_run({})).value();
  EXPECT_EQ(report.bytes_planned, without.bytes_planned + std::string_view("bom{}").size());
  EXPECT_EQ(sink_.count("blob") + sink_.count("manifest") + sink_.count("tag"), 0U);
}

TEST_F(CopyReferrers, WhateverFailsTheTagIsNotSet) {
  const auto bom = attach(source_, image_, sbom, "bom");
  attach(source_, bom, signature, "of the bom");
  for (int nth = 1;; ++nth) {
    sink_.fail_nth_from_now(nth);
    const auto report = copy_one();
    if (report) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io);
    ASSERT_LT(nth, 100);
  }
  EXPECT_THAT(listed(image_), ElementsAre(bom.digest));
}

TEST_F(CopyReferrers, OfATagThatIsUnchangedAreLookedAtAllTheSame) {
  ASSERT_TRUE(copy_all({"1"}));
  const auto bom = attach(source_, image_, sbom, "bom");
  const auto planned = copy_all({"1"}, true).value();
  EXPECT_EQ(planned.tags[0].outcome, TagOutcome::unchanged);
  EXPECT_EQ(planned.tags[0].referrers.copied, 1U);
  EXPECT_THAT(listed(image_), IsEmpty());
  const auto report = copy_all({"1"}).value();
  EXPECT_EQ(report.tags[0].outcome, TagOutcome::unchanged);
  EXPECT_EQ(report.tags[0].referrers.copied, 1U);
  EXPECT_GT(report.bytes_transferred, 0U);
  EXPECT_THAT(listed(image_), ElementsAre(bom.digest));
}

TEST_F(CopyReferrers, TagsThatListReferrersAreNoTags) {
  testing::put_index(source_, {}, cosign_tag(""));
  const auto report = copy_all({"1", cosign_tag("")}).value();
  ASSERT_EQ(report.tags.size(), 1U);
  EXPECT_EQ(report.tags[0].tag, "1");
  EXPECT_THAT(sink_.list_tags({}).value(), ElementsAre("1"));
}

TEST_F(CopyReferrers, FailuresAreTheTagsOwn) {
  ASSERT_TRUE(copy_all({"1"}));
  attach(source_, image_, sbom, "bom");
  source_.fail_nth_from_now(1);
  const auto report = copy_all({"1"}).value();
  EXPECT_EQ(report.tags[0].outcome, TagOutcome::failed);
}

}  // namespace
}  // namespace bring_referrers_test
}  // namespace dray::ops
