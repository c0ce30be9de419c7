#include <gtest/gtest.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/ops/copy.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/oci_layout.hpp>
#include <thread>

#include "fake_places.hpp"
#include "images.hpp"
#include "support/image_maker.hpp"
#include "support/temp_dir.hpp"

namespace dray::ops {
namespace copy_test {
namespace {

using From = PlannedBlob::From;
using testing::FakeDisk;
using testing::FakeRepository;
using testing::FakeStore;
using testing::put_image;
using testing::put_index;

constexpr std::uint64_t mib = 1024 * 1024;

std::string random_bytes(std::uint64_t size, std::uint64_t seed) { return dray::testing::random_bytes(size, seed); }

class CopyTest : public ::testing::Test {
 protected:
  CopyTest() { options_.observer = observer_; }

  Result<CopyReport> run(ContentSource& from, ContentSink& to, const std::string& tag = "v1") {
    return copy(from, std::string("v1"), to, tag, options_, {});
  }

  std::shared_ptr<testing::RecordingObserver> observer_ = std::make_shared<testing::RecordingObserver>();
  CopyOptions options_;
  FakeStore source_;
  FakeStore sink_;
};

TEST_F(CopyTest, BringsAnImageByteForByte) {
  const auto image = put_image(source_, {"base", "top"}, "linux/amd64", "v1");
  const auto report = run(source_, sink_, "copied").value();
  EXPECT_EQ(report.copied.digest, image.raw.descriptor.digest);
  EXPECT_EQ(report.resolved.digest, image.raw.descriptor.digest);
  EXPECT_EQ(report.manifests, 1U);
  EXPECT_EQ(report.blobs.size(), 3U);
  EXPECT_EQ(report.bytes_planned, image.manifest.total_size());
  EXPECT_EQ(report.bytes_transferred, image.manifest.total_size());
  EXPECT_EQ(sink_.get_manifest(std::string("copied"), {}).value().bytes, image.raw.bytes);
  for (const auto& layer : image.manifest.layers) EXPECT_TRUE(sink_.has_blob(layer, {}).value());
}

TEST_F(CopyTest, OpensNoDestinationForANameThatStandsForNothing) {
  bool opened = false;
  const SinkOpener opener = [&]() -> Result<std::shared_ptr<ContentSink>> {
    opened = true;
    return std::make_shared<FakeStore>();
  };
  EXPECT_EQ(copy(source_, std::string("v1"), opener, "v1", options_, {}).error().code(), ErrorCode::not_found);
  EXPECT_FALSE(opened);
}

TEST_F(CopyTest, RefusesWhatIsNotTheExpectedDigestBeforeItOpensTheDestination) {
  const auto image = put_image(source_, {"base"}, "linux/amd64", "v1");
  const SinkOpener opener = []() -> Result<std::shared_ptr<ContentSink>> {
    return Error(ErrorCode::io, "the destination was opened");
  };
  options_.expected = Digest::parse("sha256:" + std::string(64, '0')).value();
  EXPECT_EQ(copy(source_, std::string("v1"), opener, {}, options_, {}).error().code(), ErrorCode::digest_mismatch);
  options_.expected = image.raw.descriptor.digest;
  EXPECT_TRUE(run(source_, sink_).has_value());
}

TEST_F(CopyTest, FollowsTheOrderBlobsChildrenIndexTag) {
  const auto amd64 = put_image(source_, {"shared", "one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"shared", "two"}, "linux/arm64");
  const auto inner = put_index(source_, {testing::entry_for(arm64.raw, "linux/arm64")});
  put_index(source_, {testing::entry_for(amd64.raw, "linux/amd64"), inner.descriptor}, "v1");
  ASSERT_TRUE(run(source_, sink_));
  const auto log = sink_.log();
  const auto last_blob =
      std::ranges::find_if(log.rbegin(), log.rend(), [](const auto& l) { return l.starts_with("blob"); });
  const auto first_manifest = std::ranges::find_if(log, [](const auto& l) { return l.starts_with("manifest"); });
  EXPECT_LE(last_blob.base(), first_manifest);
  const auto at = [&](const std::string& line) { return std::ranges::find(log, line) - log.begin(); };
  EXPECT_LT(at("manifest " + arm64.raw.descriptor.digest.text()), at("manifest " + inner.descriptor.digest.text()));
  ASSERT_GE(log.size(), 2U);
  EXPECT_EQ(log[log.size() - 2], "tag v1");
  EXPECT_EQ(log.back(), "finish");
}

TEST_F(CopyTest, WithoutATagStoresUnderTheDigest) {
  const auto image = put_image(source_, {"base"}, "linux/amd64", "v1");
  ASSERT_TRUE(copy(source_, std::string("v1"), sink_, std::nullopt, options_, {}));
  EXPECT_TRUE(sink_.has_manifest(image.raw.descriptor.digest, {}).value());
  EXPECT_TRUE(sink_.list_tags({}).value().empty());
}

TEST_F(CopyTest, LeavesOutWhatIsThere) {
  const auto image = put_image(source_, {"base", "top"}, "linux/amd64", "v1");
  testing::put_bytes(&sink_, media_types::oci_layer_gzip, "base");
  source_.forget_log();
  const auto report = run(source_, sink_).value();
  EXPECT_EQ(report.blobs[1].from, From::present);
  EXPECT_EQ(source_.count("open " + image.manifest.layers[0].digest.text()), 0U);
  const auto events = observer_->events();
  EXPECT_EQ(events.planned.at(0).present_blobs, 1U);
  EXPECT_EQ(std::ranges::count(events.finished, Observer::How::present, &Observer::Finished::how), 1);
}

TEST_F(CopyTest, ADryRunWritesNothing) {
  put_image(source_, {"base", "top"}, "linux/amd64", "v1");
  options_.dry_run = true;
  source_.forget_log();
  const auto report = run(source_, sink_).value();
  EXPECT_GT(report.bytes_planned, 0U);
  EXPECT_EQ(report.bytes_transferred, 0U);
  EXPECT_TRUE(sink_.log().empty());
  EXPECT_EQ(source_.count("open "), 0U);
}

TEST_F(CopyTest, AFailedBlobLeavesNoTagAndNoManifest) {
  const auto image = put_image(source_, {"base", "top"}, "linux/amd64", "v1");
  ASSERT_TRUE(source_.remove_blob(image.manifest.layers[1].digest, {}));
  const auto report = run(source_, sink_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::not_found);
  EXPECT_EQ(sink_.count("tag"), 0U);
  EXPECT_EQ(sink_.count("manifest"), 0U);
  EXPECT_EQ(sink_.count("finish"), 0U);
}

TEST_F(CopyTest, WrongBytesNeverArrive) {
  const auto image = put_image(source_, {random_bytes(mib, 1)}, "linux/amd64", "v1");
  const auto& layer = image.manifest.layers[0];
  source_.faults.lies[layer.digest] = random_bytes(mib, 2);
  FakeDisk disk;
  for (ContentStore* to : {static_cast<ContentStore*>(&sink_), static_cast<ContentStore*>(&disk)}) {
    const auto report = run(source_, *to);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch) << report.error().message();
    EXPECT_FALSE(to->has_blob(layer, {}).value());
    EXPECT_TRUE(to->list_tags({}).value().empty());
  }
}

TEST_F(CopyTest, RefusesAPlanThatDoesNotFitBeforeTheFirstByte) {
  put_image(source_, {random_bytes(mib, 1)}, "linux/amd64", "v1");
  FakeDisk disk;
  disk.free = mib / 2;
  source_.forget_log();
  const auto report = run(source_, disk);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::no_space);
  EXPECT_EQ(source_.count("open "), 0U);
}

TEST_F(CopyTest, ADiskThatFailsEndsTheCopy) {
  put_image(source_, {random_bytes(mib, 1)}, "linux/amd64", "v1");
  FakeDisk disk;
  disk.write_error = Error(ErrorCode::no_space, "write: no space left on device");
  const auto report = run(source_, disk);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::no_space);
}

TEST_F(CopyTest, UsesEmbeddedDataAndAsksForNothing) {
  auto image = put_image(source_, {"base"}, "linux/amd64");
  image.manifest.config.data = std::string("{}");
  image.manifest.config.digest = Digest::of(as_bytes("{}"));
  image.manifest.config.size = 2;
  testing::put_manifest(source_, image.manifest, "v1");
  source_.forget_log();
  ASSERT_TRUE(run(source_, sink_));
  EXPECT_EQ(source_.count("open "), 1U);
  EXPECT_TRUE(sink_.has_blob(image.manifest.config, {}).value());
}

TEST_F(CopyTest, StopsWhereThePeerIsSilent) {
  const auto image = put_image(source_, {random_bytes(mib, 1)}, "linux/amd64", "v1");
  source_.faults.stalls.insert(image.manifest.layers[0].digest);
  FakeDisk disk;
  std::stop_source stop;
  std::jthread stopper([&] {
    while (source_.count("open " + image.manifest.layers[0].digest.text()) == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto report = copy(source_, std::string("v1"), disk, "v1", options_, stop.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::cancelled) << report.error().message();
}

TEST_F(CopyTest, MountsFromASisterRepository) {
  FakeRepository from({"registry.example", "a"});
  FakeRepository to({"registry.example", "b"});
  to.sister = &from;
  put_image(from, {"base", "top"}, "linux/amd64", "v1");
  from.forget_log();
  const auto report = run(from, to).value();
  EXPECT_EQ(from.count("open "), 0U);
  EXPECT_EQ(to.count("mount "), 3U);
  EXPECT_EQ(report.bytes_transferred, 0U);
  EXPECT_TRUE(std::ranges::all_of(report.blobs, [](const auto& blob) { return blob.from == From::mount; }));
}

TEST_F(CopyTest, SendsWhatCannotBeMounted) {
  FakeRepository from({"registry.example", "a"});
  FakeRepository to({"registry.example", "b"});
  put_image(from, {"base"}, "linux/amd64", "v1");
  auto report = run(from, to).value();
  EXPECT_EQ(report.blobs.at(0).from, From::source);
  EXPECT_TRUE(observer_->decided("could not be mounted from a"));
  FakeRepository other({"registry.example", "c"});
  other.mount_error = Error(ErrorCode::denied, "no pull there");
  EXPECT_TRUE(run(from, other));
}

/// An image whose last layer is foreign and lies behind a URL, which is given back.
Descriptor put_image_with_foreign(FakeStore& store) {
  auto image = put_image(store, {"base"}, "windows/amd64");
  auto foreign = testing::put_bytes(nullptr, media_types::docker_foreign_layer_gzip, "kept elsewhere");
  foreign.urls = {"https://elsewhere.example/layer"};
  image.manifest.layers.push_back(foreign);
  testing::put_manifest(store, image.manifest, "v1");
  return foreign;
}

TEST_F(CopyTest, ForeignLayerThatASisterHoldsIsMounted) {
  FakeRepository from({"registry.example", "a"});
  FakeRepository to({"registry.example", "b"});
  to.sister = &from;
  const auto foreign = put_image_with_foreign(from);
  testing::put_bytes(&from, foreign.media_type.text(), "kept elsewhere");
  EXPECT_EQ(run(from, to).value().blobs.back().from, From::mount);
  EXPECT_EQ(from.count("url "), 0U);
}

TEST_F(CopyTest, ForeignLayerOfALayoutIsFetchedByTheRegistryItGoesTo) {
  FakeRepository to({"registry.example", "b"});
  to.behind_urls["https://elsewhere.example/layer"] = "kept elsewhere";
  const auto foreign = put_image_with_foreign(source_);
  EXPECT_EQ(run(source_, to).value().blobs.back().from, From::urls);
  EXPECT_TRUE(to.has_blob(foreign, {}).value());
}

TEST_F(CopyTest, ForeignLayerBetweenLayoutsCannotBeFetched) {
  put_image_with_foreign(source_);
  const auto report = run(source_, sink_);
  EXPECT_EQ(report.error().code(), ErrorCode::not_found);
  EXPECT_NE(report.error().message().find("--foreign keep"), std::string::npos) << report.error().message();
  options_.foreign = ForeignLayers::keep;
  EXPECT_EQ(run(source_, sink_).value().blobs.back().from, From::left);
}

TEST_F(CopyTest, ForeignLayerThatIsLeftIsNeitherStoredNorAskedFor) {
  FakeRepository from({"registry.example", "a"});
  const auto foreign = put_image_with_foreign(from);
  options_.foreign = ForeignLayers::skip;
  const auto report = run(from, sink_).value();
  EXPECT_EQ(report.blobs.back().from, From::left);
  EXPECT_EQ(report.copied.digest, report.resolved.digest);
  EXPECT_FALSE(sink_.has_blob(foreign, {}).value());
  EXPECT_EQ(from.count("url "), 0U);
  EXPECT_TRUE(std::ranges::any_of(observer_->events().finished,
                                  [](const auto& event) { return event.how == Observer::How::skipped; }));
}

TEST_F(CopyTest, WrongBytesBehindAUrlAreNotStored) {
  FakeRepository from({"registry.example", "a"});
  const auto foreign = put_image_with_foreign(from);
  from.behind_urls["https://elsewhere.example/layer"] = "kept elsewherE";
  EXPECT_EQ(run(from, sink_).error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(sink_.has_blob(foreign, {}).value());
  EXPECT_FALSE(sink_.resolve(std::string("v1"), {}));
}

TEST_F(CopyTest, FetchesAForeignLayerFromItsUrl) {
  FakeRepository from({"registry.example", "a"});
  const auto foreign = put_image_with_foreign(from);
  from.behind_urls["https://elsewhere.example/layer"] = "kept elsewhere";
  const auto report = run(from, sink_).value();
  EXPECT_EQ(report.blobs.back().from, From::urls);
  EXPECT_TRUE(sink_.has_blob(foreign, {}).value());
}

TEST_F(CopyTest, OnePlatformIsCopiedAsASingleImage) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  const auto index = put_index(source_,
                               {testing::entry_for(amd64.raw, "linux/amd64"),
                                testing::entry_for(arm64.raw, "linux/arm64"), testing::attestation_for(amd64.raw)},
                               "v1");
  options_.platforms = {testing::platform("linux/arm64")};
  const auto report = run(source_, sink_).value();
  EXPECT_EQ(report.copied.digest, arm64.raw.descriptor.digest);
  EXPECT_EQ(report.resolved.digest, index.descriptor.digest);
  EXPECT_EQ(sink_.get_manifest(std::string("v1"), {}).value().bytes, arm64.raw.bytes);
  EXPECT_FALSE(sink_.has_manifest(amd64.raw.descriptor.digest, {}).value());
  EXPECT_TRUE(observer_->decided("attestations"));
}

TEST_F(CopyTest, SeveralPlatformsBecomeAnIndexOfThem) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  const auto s390x = put_image(source_, {"three"}, "linux/s390x");
  const auto proof = put_image(source_, {"proof"}, "linux/amd64");
  put_index(source_,
            {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64"),
             testing::entry_for(s390x.raw, "linux/s390x"), testing::attestation_for(proof.raw)},
            "v1");
  options_.platforms = {testing::platform("linux/s390x"), testing::platform("linux/amd64")};
  const auto report = run(source_, sink_).value();
  EXPECT_NE(report.copied.digest, report.resolved.digest);
  const auto copied = fetch_manifest(sink_, std::string("v1"), {}).value();
  const auto& index = std::get<Index>(copied.parsed);
  ASSERT_EQ(index.manifests.size(), 2U);
  EXPECT_EQ(index.manifests[0].digest, amd64.raw.descriptor.digest);
  EXPECT_EQ(index.manifests[1].digest, s390x.raw.descriptor.digest);
  EXPECT_EQ(index.annotations.at("org.example.kept"), "yes");
  EXPECT_TRUE(observer_->decided("1 attestations are left out"));
}

TEST_F(CopyTest, AllPlatformsOfAnIndexLeaveItAsItIs) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(source_, {"two"}, "linux/arm64");
  const auto index = put_index(
      source_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
  options_.platforms = {testing::platform("linux/arm64"), testing::platform("linux/amd64")};
  EXPECT_EQ(run(source_, sink_).value().copied.digest, index.descriptor.digest);
}

TEST_F(CopyTest, AnUnknownPlatformIsAnsweredWithThoseThatExist) {
  const auto amd64 = put_image(source_, {"one"}, "linux/amd64");
  const auto arm = put_image(source_, {"two"}, "linux/arm/v7");
  put_index(source_,
            {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm.raw, "linux/arm/v7"),
             testing::attestation_for(amd64.raw)},
            "v1");
  for (const std::size_t count : {1U, 2U}) {
    options_.platforms = {testing::platform("linux/riscv64")};
    if (count == 2) options_.platforms.push_back(testing::platform("linux/amd64"));
    const auto report = run(source_, sink_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::not_found);
    EXPECT_NE(report.error().message().find("there are: linux/amd64, linux/arm/v7"), std::string::npos)
        << report.error().message();
    EXPECT_EQ(report.error().message().find("unknown"), std::string::npos);
  }
}

TEST_F(CopyTest, MovesSixtyLayersOnceEach) {
  std::vector<std::string> layers;
  for (std::uint64_t i = 0; i < 60; ++i) layers.push_back(random_bytes(20'000 + i, i));
  const auto image = put_image(source_, layers, "linux/amd64", "v1");
  source_.forget_log();
  const auto report = run(source_, sink_).value();
  EXPECT_EQ(report.bytes_transferred, image.manifest.total_size());
  EXPECT_EQ(source_.count("open "), 61U);
  EXPECT_LE(source_.most_streams(), static_cast<int>(limits::max_blobs_per_host));
}

TEST_F(CopyTest, FetchesMoreSmallBlobsAtOnceOverALongLine) {
  testing::LineClock clock;
  source_.line = {&clock, 1e6};
  std::vector<std::string> layers;
  for (std::uint64_t i = 0; i < 60; ++i) layers.push_back(random_bytes(200'000 + i, i));
  put_image(source_, layers, "linux/amd64", "v1");
  options_.clock = &clock;
  ASSERT_TRUE(run(source_, sink_));
  EXPECT_TRUE(observer_->decided("small blobs wait"));
  EXPECT_LE(source_.most_streams(), static_cast<int>(limits::max_connections));
}

TEST_F(CopyTest, TakesTheUsersNumberOfJobsForTheLimit) {
  testing::LineClock clock;
  source_.line = {&clock, 1e6};
  std::vector<std::string> layers;
  for (std::uint64_t i = 0; i < 30; ++i) layers.push_back(random_bytes(200'000 + i, i));
  put_image(source_, layers, "linux/amd64", "v1");
  options_.clock = &clock;
  options_.jobs = 2;
  ASSERT_TRUE(run(source_, sink_));
  EXPECT_LE(source_.most_streams(), 2);
}

TEST_F(CopyTest, TellsProgressAFewTimesASecondAtMost) {
  testing::LineClock clock;
  source_.line = {&clock, 8e6};
  put_image(source_, {random_bytes(8'000'000, 1)}, "linux/amd64", "v1");
  options_.clock = &clock;
  options_.connections = 1;
  ASSERT_TRUE(run(source_, sink_));
  const auto events = observer_->events();
  EXPECT_GE(events.progress.size(), 2U);
  EXPECT_LE(events.progress.size(), 6U);
}

TEST_F(CopyTest, WritesAnOciLayoutAndReadsItBack) {
  const auto amd64 = put_image(source_, {random_bytes(2 * mib, 1), "small"}, "linux/amd64");
  const auto arm64 = put_image(source_, {random_bytes(mib, 2), "small"}, "linux/arm64");
  const auto index = put_index(
      source_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
  const dray::testing::TempDir folder;
  auto layout = OciLayout::create(folder / "layout").value();
  const auto report = run(source_, *layout);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->copied.digest, index.descriptor.digest);
  const auto back = run(*layout, sink_);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_EQ(back->copied.digest, index.descriptor.digest);
  EXPECT_EQ(back->bytes_transferred, report->bytes_transferred);
  EXPECT_EQ(run(source_, *layout).value().bytes_transferred, 0U);
}

/// Fails each operation of one side in turn, until the copy gets through.
class CopyFaultTest : public CopyTest, public ::testing::WithParamInterface<bool> {};

TEST_P(CopyFaultTest, AFailureAnywhereIsToldAndLeavesNoTag) {
  const bool source_fails = GetParam();
  int nth = 1;
  for (bool done = false; !done; ++nth) {
    ASSERT_LT(nth, 100);
    FakeStore from;
    FakeDisk to;
    const auto amd64 = put_image(from, {random_bytes(mib, 1), "small"}, "linux/amd64");
    const auto arm64 = put_image(from, {random_bytes(mib, 2), "small"}, "linux/arm64");
    put_index(from, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
    FakeStore& failing = source_fails ? from : to;
    failing.fail_nth_from_now(nth);
    const auto report = run(from, to);
    done = report.has_value();
    if (done) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io) << nth << ": " << report.error().message();
    const bool finish_failed = to.count("tag ") == 1;
    EXPECT_TRUE(finish_failed || to.list_tags({}).value().empty()) << nth;
  }
  EXPECT_GT(nth, 6);
}

INSTANTIATE_TEST_SUITE_P(Sides, CopyFaultTest, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "Source" : "Sink"; });

TEST_F(CopyTest, AnOciLayoutKnowsWhatAnUnfinishedTrySetAside) {
  const auto image = put_image(source_, {random_bytes(4 * mib, 1)}, "linux/amd64", "v1");
  const auto& layer = image.manifest.layers[0];
  const dray::testing::TempDir folder;
  auto layout = OciLayout::create(folder / "layout").value();
  EXPECT_EQ(layout->set_aside_bytes(layer).value(), 0U);
  {
    const auto writer = layout->begin_blob(layer, {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(random_bytes(4 * mib, 1)).first(mib)));
  }
  EXPECT_EQ(layout->set_aside_bytes(layer).value(), layer.size);
}

}  // namespace
}  // namespace copy_test
}  // namespace dray::ops
