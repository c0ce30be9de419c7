#include <gtest/gtest.h>

#include <atomic>
#include <dray/core/limits.hpp>
#include <dray/ops/inspect.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace inspect_test {
namespace {

using testing::put_image;
using testing::put_index;

class InspectTest : public ::testing::Test {
 protected:
  Inspection look(const InspectOptions& options = {}) {
    return inspect(store_, std::string("v1"), options, {}).value();
  }
  testing::FakeStore store_;
};

TEST_F(InspectTest, AnImageShowsConfigLayersAndTotal) {
  const auto image = put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  const auto summary = std::get<ImageSummary>(look());
  EXPECT_EQ(summary.raw.bytes, image.raw.bytes);
  EXPECT_EQ(summary.total_size, image.manifest.total_size());
  EXPECT_EQ(summary.config->platform.text(), "linux/amd64");
  ASSERT_EQ(summary.layers.size(), 2U);
  EXPECT_TRUE(summary.layers[1].diff_id);
  EXPECT_EQ(summary.layers[1].history->created_by, "COPY");
}

TEST_F(InspectTest, AnIndexSumsEachBlobOnce) {
  const auto amd64 = put_image(store_, {"shared", "one"}, "linux/amd64");
  const auto arm64 = put_image(store_, {"shared", "two"}, "linux/arm64");
  const auto proof = put_image(store_, {"proof"}, "linux/amd64");
  put_index(store_,
            {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64"),
             testing::attestation_for(proof.raw)},
            "v1");
  const auto summary = std::get<IndexSummary>(look());
  ASSERT_EQ(summary.entries.size(), 3U);
  EXPECT_EQ(summary.entries[0].size, amd64.manifest.total_size());
  EXPECT_TRUE(summary.entries[2].attestation);
  EXPECT_FALSE(summary.entries[2].size);
  EXPECT_EQ(summary.sum_size, amd64.manifest.total_size() + arm64.manifest.total_size());
  EXPECT_EQ(summary.unique_size, *summary.sum_size - std::string("shared").size());
}

TEST_F(InspectTest, AnIndexWithAbsentMembersHasNoSums) {
  testing::FakeStore elsewhere;
  const auto amd64 = put_image(store_, {"one"}, "linux/amd64");
  const auto absent = put_image(elsewhere, {"two"}, "linux/arm64");
  put_index(store_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(absent.raw, "linux/arm64")},
            "v1");
  const auto summary = std::get<IndexSummary>(look());
  EXPECT_TRUE(summary.entries[0].size);
  EXPECT_FALSE(summary.entries[1].size);
  EXPECT_FALSE(summary.sum_size);
}

TEST_F(InspectTest, AnImageThatAnIndexNamesManyTimesIsFetchedOnce) {
  const auto image = put_image(store_, {"one"}, "linux/amd64");
  put_index(store_, std::vector<Descriptor>(1000, testing::entry_for(image.raw, "linux/amd64")), "v1");
  store_.forget_log();
  const auto summary = std::get<IndexSummary>(look());
  EXPECT_EQ(store_.count("get "), 2U);
  EXPECT_EQ(summary.sum_size, 1000 * image.manifest.total_size());
  EXPECT_EQ(summary.unique_size, image.manifest.total_size());
}

TEST_F(InspectTest, SumsOfHugeSizesStayAtTheLargestNumber) {
  auto manifest = put_image(store_, {"one"}, "linux/amd64").manifest;
  std::vector<Descriptor> entries;
  for (const auto* const name : {"a", "b", "c"}) {
    manifest.layers.front().digest = Digest::of(as_bytes(std::string_view(name)));
    manifest.layers.front().size = INT64_MAX;
    entries.push_back(testing::entry_for(put_manifest(store_, manifest).raw, "linux/amd64"));
  }
  put_index(store_, entries, "v1");
  const auto summary = std::get<IndexSummary>(look());
  EXPECT_EQ(summary.sum_size, UINT64_MAX);
  EXPECT_EQ(summary.unique_size, UINT64_MAX);
}

/// Every digest is a manifest of the largest size.
class FatSource final : public testing::FakeStore {
 public:
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    if (std::holds_alternative<std::string>(name)) return FakeStore::get_manifest(name, stop);
    ++asked;
    return RawManifest{{MediaType::of(media_types::oci_manifest), std::get<Digest>(name), fat.size()}, fat};
  }
  std::string fat;
  std::atomic<std::uint64_t> asked = 0;
};

TEST(Inspect, FetchesNoMoreBelowAnIndexThanACopyHolds) {
  FatSource source;
  auto image = put_image(source, {"one"}, "linux/amd64");
  image.manifest.annotations["pad"] = std::string(limits::max_manifest_bytes - image.raw.bytes.size() - 100, 'x');
  source.fat = image.manifest.serialize();
  std::vector<Descriptor> entries;
  for (int i = 0; i < 1000; ++i) {
    entries.push_back(testing::entry_for(image.raw, "linux/amd64"));
    entries.back().digest = Digest::of(as_bytes(std::to_string(i)));
  }
  put_index(source, entries, "v1");
  const auto seen = inspect(source, std::string("v1"), {}, {});
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code(), ErrorCode::limit_exceeded) << seen.error().message();
  EXPECT_LE(source.asked, limits::max_graph_bytes / source.fat.size() + 1 + limits::max_connections);
}

TEST_F(InspectTest, SizesAreAskedForOnlyWhereTheyAreWanted) {
  const auto amd64 = put_image(store_, {"one"}, "linux/amd64");
  put_index(store_, {testing::entry_for(amd64.raw, "linux/amd64")}, "v1");
  store_.forget_log();
  EXPECT_FALSE(std::get<IndexSummary>(look({.platform = {}, .sizes = false, .config = true})).sum_size);
  EXPECT_EQ(store_.count("get "), 1U);
}

TEST_F(InspectTest, APlatformNarrowsAnIndex) {
  const auto amd64 = put_image(store_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(store_, {"two"}, "linux/arm64");
  put_index(store_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
  const auto summary =
      std::get<ImageSummary>(look({.platform = testing::platform("linux/arm64"), .sizes = true, .config = true}));
  EXPECT_EQ(summary.raw.bytes, arm64.raw.bytes);
}

TEST(LayerRows, PassOverEmptySteps) {
  testing::FakeStore store;
  const auto image = put_image(store, {"base", "top"}, "linux/amd64");
  ImageConfig config;
  config.diff_ids = {DiffId(Digest::of(as_bytes("a"))), DiffId(Digest::of(as_bytes("b")))};
  const auto step = [](std::string by, bool empty) {
    ImageConfig::History entry;
    entry.created_by = std::move(by);
    entry.empty_layer = empty;
    return entry;
  };
  config.history = {step("FROM", false), step("ENV", true), step("RUN", false), step("CMD", true)};
  const auto rows = layer_rows(image.manifest, &config);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].history->created_by, "FROM");
  EXPECT_EQ(rows[1].history->created_by, "RUN");
  EXPECT_EQ(rows[1].diff_id, config.diff_ids[1]);
}

TEST(LayerRows, SayNothingWhereNumbersDisagree) {
  testing::FakeStore store;
  const auto image = put_image(store, {"base", "top"}, "linux/amd64");
  ImageConfig config;
  config.diff_ids = {DiffId(Digest::of(as_bytes("a")))};
  config.history.resize(3);
  for (const auto& row : layer_rows(image.manifest, &config)) {
    EXPECT_FALSE(row.diff_id);
    EXPECT_FALSE(row.history);
  }
  EXPECT_EQ(layer_rows(image.manifest, nullptr).size(), 2U);
}

}  // namespace
}  // namespace inspect_test
}  // namespace dray::ops
