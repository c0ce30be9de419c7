#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dray/ops/copy_tags.hpp>
#include <set>
#include <thread>

#include "blob_claims.hpp"
#include "copy_image.hpp"
#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace copy_tags_test {
namespace {

using testing::FakeStore;
using testing::put_image;

class CopyTags : public ::testing::Test {
 protected:
  TagsReport run(const std::vector<std::string>& tags) {
    const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); };
    return copy_tags(source_, tags, opener, options_, {}).value();
  }
  static TagOutcome outcome(const TagsReport& report, const std::string& tag) {
    const auto at = std::ranges::find(report.tags, tag, &TagReport::tag);
    return at == report.tags.end() ? TagOutcome::failed : at->outcome;
  }

  FakeStore source_;
  FakeStore sink_;
  CopyTagsOptions options_;
};

TEST_F(CopyTags, BringsEachTagAndSharedBlobsOnce) {
  const auto one = put_image(source_, {"base", "one"}, "linux/amd64", "1");
  const auto two = put_image(source_, {"base", "two"}, "linux/amd64", "2");
  const auto report = run({"1", "2"});
  EXPECT_EQ(report.count(TagOutcome::copied), 2U);
  EXPECT_EQ(sink_.get_manifest(std::string("1"), {}).value().bytes, one.raw.bytes);
  EXPECT_EQ(sink_.get_manifest(std::string("2"), {}).value().bytes, two.raw.bytes);
  EXPECT_EQ(sink_.count("blob " + one.manifest.layers[0].digest.text()), 1U);
  EXPECT_EQ(sink_.count("finish"), 1U);
  std::uint64_t sum = 0;
  for (const auto& tag : report.tags) sum += tag.bytes;
  EXPECT_EQ(report.bytes_transferred, sum);
  EXPECT_EQ(report.bytes_planned, sum);
}

TEST_F(CopyTags, WhatOneCopyLeftBehindUrlsIsThereForNoOther) {
  auto image = put_image(source_, {"base"}, "windows/amd64");
  image.manifest.layers.front().media_type = MediaType::of(media_types::oci_foreign_layer_gzip);
  image.manifest.layers.front().urls = {"https://elsewhere.example/layer"};
  testing::put_manifest(source_, image.manifest, "1");
  const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); };
  BlobClaims claims;
  options_.copy.foreign = ForeignLayers::skip;
  for (int copies = 0; copies < 2; ++copies) {
    const auto brought = bring_image(source_, std::string("1"), opener, &claims, options_.copy, {}).value();
    EXPECT_EQ(brought.report.blobs.back().from, PlannedBlob::From::left);
  }
}

TEST_F(CopyTags, CopiesADigestOnceWhateverItsTags) {
  const auto image = put_image(source_, {"base"}, "linux/amd64", "1");
  for (const auto* tag : {"1.0", "latest"}) ASSERT_TRUE(source_.set_tag(tag, image.raw, {}));
  source_.forget_log();
  const auto report = run({"1", "1.0", "latest"});
  EXPECT_EQ(report.count(TagOutcome::copied), 3U);
  EXPECT_EQ(source_.count("get "), 1U);
  EXPECT_EQ(source_.count("open "), 2U) << "a config and a layer";
  for (const auto* tag : {"1", "1.0", "latest"}) {
    EXPECT_EQ(sink_.resolve(std::string(tag), {}).value().digest, image.raw.descriptor.digest) << tag;
  }
}

TEST_F(CopyTags, AsksNoMoreOfATagThatIsThere) {
  put_image(source_, {"base"}, "linux/amd64", "1");
  run({"1"});
  source_.forget_log();
  sink_.forget_log();
  const auto report = run({"1"});
  EXPECT_EQ(outcome(report, "1"), TagOutcome::unchanged);
  EXPECT_TRUE(source_.log().empty());
  EXPECT_TRUE(sink_.log().empty()) << "not even an end is written";
}

TEST_F(CopyTags, MovesATagThatMeansAnotherImage) {
  put_image(source_, {"old"}, "linux/amd64", "1");
  run({"1"});
  const auto image = put_image(source_, {"new"}, "linux/amd64", "1");
  EXPECT_EQ(outcome(run({"1"}), "1"), TagOutcome::copied);
  EXPECT_EQ(sink_.resolve(std::string("1"), {}).value().digest, image.raw.descriptor.digest);
}

TEST_F(CopyTags, NoClobberLeavesWhatIsThere) {
  const auto old = put_image(source_, {"old"}, "linux/amd64", "1");
  run({"1"});
  put_image(source_, {"new"}, "linux/amd64", "1");
  put_image(source_, {"other"}, "linux/amd64", "2");
  options_.no_clobber = true;
  const auto report = run({"1", "2"});
  EXPECT_EQ(outcome(report, "1"), TagOutcome::kept);
  EXPECT_EQ(report.tags[0].destination, old.raw.descriptor.digest);
  EXPECT_EQ(outcome(report, "2"), TagOutcome::copied);
  EXPECT_EQ(sink_.resolve(std::string("1"), {}).value().digest, old.raw.descriptor.digest);
}

TEST_F(CopyTags, ATagThatFailsStopsNoOther) {
  const auto broken = put_image(source_, {"broken"}, "linux/amd64", "1");
  put_image(source_, {"whole"}, "linux/amd64", "2");
  ASSERT_TRUE(source_.remove_blob(broken.manifest.layers[0].digest, {}));
  const auto report = run({"1", "2", "3"});
  EXPECT_EQ(outcome(report, "1"), TagOutcome::failed);
  EXPECT_EQ(outcome(report, "2"), TagOutcome::copied);
  EXPECT_EQ(outcome(report, "3"), TagOutcome::failed);
  EXPECT_EQ(report.tags[2].error->code(), ErrorCode::not_found);
  EXPECT_EQ(sink_.list_tags({}).value(), (std::vector<std::string>{"2"}));
  EXPECT_EQ(sink_.count("finish"), 1U);
}

TEST_F(CopyTags, EndsNoPlaceThatGotNothing) {
  const auto report = run({"1"});
  EXPECT_EQ(report.count(TagOutcome::failed), 1U);
  EXPECT_EQ(sink_.count("finish"), 0U) << "an archive without an image";
}

TEST_F(CopyTags, ADryRunCountsEachBlobOnceAndWritesNothing) {
  const auto one = put_image(source_, {"base", "one"}, "linux/amd64", "1");
  const auto two = put_image(source_, {"base", "two"}, "linux/amd64", "2");
  options_.copy.dry_run = true;
  const auto report = run({"1", "2"});
  EXPECT_EQ(report.count(TagOutcome::copied), 2U);
  // They share a layer and, as they are of one platform, the config may differ by its diff IDs.
  std::set<Digest> seen;
  std::uint64_t distinct = 0;
  for (const auto* image : {&one, &two}) {
    auto blobs = image->manifest.layers;
    blobs.push_back(image->manifest.config);
    for (const auto& blob : blobs) distinct += seen.insert(blob.digest).second ? blob.size : 0;
  }
  EXPECT_EQ(report.bytes_planned, distinct);
  EXPECT_EQ(report.bytes_transferred, 0U);
  EXPECT_TRUE(sink_.list_tags({}).value().empty());
  EXPECT_THAT(sink_.log(), ::testing::IsEmpty());
}

TEST_F(CopyTags, APlatformThatIsThereIsUnchangedAndWhyItDiffersIsTold) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  testing::put_index(source_,
                     {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "1");
  options_.copy.platforms = {testing::platform("linux/arm64")};
  const auto first = run({"1"});
  EXPECT_EQ(outcome(first, "1"), TagOutcome::copied);
  EXPECT_EQ(first.tags[0].destination, arm64.raw.descriptor.digest);
  EXPECT_EQ(first.tags[0].reasons.size(), 1U);
  source_.forget_log();
  EXPECT_EQ(outcome(run({"1"}), "1"), TagOutcome::unchanged);
  EXPECT_EQ(source_.count("open "), 0U);
}

TEST_F(CopyTags, ASparseIndexIsLookedIntoAgain) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  testing::put_index(source_,
                     {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "1");
  options_.copy.sparse = true;
  options_.copy.platforms = {testing::platform("linux/arm64")};
  EXPECT_EQ(outcome(run({"1"}), "1"), TagOutcome::copied);
  EXPECT_EQ(outcome(run({"1"}), "1"), TagOutcome::unchanged);
  options_.copy.platforms = {testing::platform("linux/amd64")};
  EXPECT_EQ(outcome(run({"1"}), "1"), TagOutcome::copied);
  EXPECT_TRUE(sink_.has_manifest(amd64.raw.descriptor.digest, {}).value());
}

TEST_F(CopyTags, WhatIsKnownOfTheDestinationIsNotAsked) {
  const auto image = put_image(source_, {"base"}, "linux/amd64", "1");
  options_.known = [](const std::string&, const Digest& source) { return std::optional(source); };
  const auto report = run({"1"});
  EXPECT_EQ(outcome(report, "1"), TagOutcome::unchanged);
  EXPECT_EQ(report.tags[0].destination, image.raw.descriptor.digest);
  EXPECT_TRUE(sink_.log().empty());
}

TEST_F(CopyTags, NothingIsFetchedThatMayNotBe) {
  put_image(source_, {"base"}, "linux/amd64", "1");
  source_.forget_log();
  options_.may_fetch = []() -> Result<void> { return Error(ErrorCode::rate_limited, "enough for today"); };
  const auto report = run({"1"});
  ASSERT_TRUE(report.tags[0].error);
  EXPECT_EQ(report.tags[0].error->code(), ErrorCode::rate_limited);
  EXPECT_TRUE(source_.log().empty());
}

TEST_F(CopyTags, AStopIsToldOfEachTagThatWasNotReached) {
  put_image(source_, {"base"}, "linux/amd64", "1");
  std::stop_source stop;
  stop.request_stop();
  const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); };
  const auto report = copy_tags(source_, {"1", "2"}, opener, options_, stop.get_token()).value();
  for (const auto& tag : report.tags) EXPECT_EQ(tag.error->code(), ErrorCode::cancelled) << tag.tag;
}

TEST_F(CopyTags, ABlobThatOneTagCouldNotBringIsTriedByTheNext) {
  put_image(source_, {"base", "one"}, "linux/amd64", "1");
  put_image(source_, {"base", "two"}, "linux/amd64", "2");
  for (int nth = 1; nth < 40; ++nth) {
    FakeStore sink;
    sink.faults.fail_nth = nth;
    const SinkOpener opener = [&sink] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink); };
    const auto ran = copy_tags(source_, {"1", "2"}, opener, options_, {});
    sink.faults = {};
    if (!ran) continue;  // the end itself failed
    for (const auto& tag : ran->tags) {
      if (tag.outcome == TagOutcome::failed) continue;
      const auto copied = copy(sink, tag.tag, sink_, "again", {}, {});
      EXPECT_TRUE(copied) << nth << ": " << tag.tag << ": " << copied.error().message();
    }
  }
}

TEST(BlobClaims, AreGivenToOneAndThenToTheNext) {
  BlobClaims claims;
  const auto blob = Digest::of(as_bytes(std::string("blob")));
  EXPECT_EQ(claims.claim(blob), BlobClaims::Answer::yours);
  EXPECT_EQ(claims.claim(blob), BlobClaims::Answer::others);
  std::jthread holder([&] { claims.settle(blob, false); });
  EXPECT_TRUE(claims.wait(blob, {}));
  EXPECT_EQ(claims.claim(blob), BlobClaims::Answer::yours);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(claims.wait(blob, stop.get_token()));
  claims.settle(blob, true);
  EXPECT_EQ(claims.claim(blob), BlobClaims::Answer::there);
}

}  // namespace
}  // namespace copy_tags_test
}  // namespace dray::ops
