#include "graph.hpp"

#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <map>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace graph_test {
namespace {

using testing::put_image;
using testing::put_index;

/// A source that checks nothing: documents stand under whatever digest a test gives them.
class LyingSource final : public ContentSource {
 public:
  std::map<Digest, RawManifest> manifests;

  std::string describe() const override { return "liar"; }
  Result<Descriptor> resolve(const ManifestName&, const std::stop_token&) override {
    return Error(ErrorCode::unsupported, "not asked for");
  }
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token&) override {
    const auto found = manifests.find(std::get<Digest>(name));
    if (found == manifests.end()) return Error(ErrorCode::not_found, "no such manifest");
    return found->second;
  }
  Result<OpenedBlob> open_blob(const Descriptor&, const std::optional<ByteRange>&, const std::stop_token&) override {
    return Error(ErrorCode::not_found, "no such blob");
  }
  Result<std::vector<std::string>> list_tags(const std::stop_token&) override { return std::vector<std::string>(); }
};

Digest digest(int number) { return Digest::of(as_bytes(std::to_string(number))); }

/// An index with such entries, all of one size.
RawManifest index_of(int number, const std::vector<int>& children, std::uint64_t size) {
  std::vector<Descriptor> entries;
  for (const int child : children) entries.push_back({MediaType::of(media_types::oci_index), digest(child), size});
  auto raw = testing::raw_index(std::move(entries));
  raw.descriptor.digest = digest(number);
  return raw;
}

TEST(Graph, ListsEachManifestAndBlobOnceChildrenFirst) {
  testing::FakeStore store;
  const auto amd64 = put_image(store, {"shared", "one"}, "linux/amd64");
  const auto arm64 = put_image(store, {"shared", "two"}, "linux/arm64");
  const auto inner = put_index(store, {testing::entry_for(arm64.raw, "linux/arm64")});
  const auto root = put_index(store, {testing::entry_for(amd64.raw, "linux/amd64"), inner.descriptor,
                                      testing::entry_for(arm64.raw, "linux/arm64")});
  const auto graph = walk(store, root, {}).value();
  ASSERT_EQ(graph.manifests.size(), 4U);
  EXPECT_EQ(graph.manifests.back().raw.descriptor.digest, root.descriptor.digest);
  EXPECT_EQ(graph.manifests.back().raw.bytes, root.bytes);
  EXPECT_EQ(graph.manifests.back().height, 2U);
  std::map<Digest, std::size_t> place;
  for (std::size_t i = 0; i < graph.manifests.size(); ++i) place[graph.manifests[i].raw.descriptor.digest] = i;
  EXPECT_LT(place[arm64.raw.descriptor.digest], place[inner.descriptor.digest]);
  std::vector<Digest> blobs;
  for (const auto& blob : graph.blobs) blobs.push_back(blob.digest);
  EXPECT_EQ(blobs, (std::vector<Digest>{amd64.manifest.config.digest, amd64.manifest.layers[0].digest,
                                        amd64.manifest.layers[1].digest, arm64.manifest.config.digest,
                                        arm64.manifest.layers[1].digest}));
}

TEST(Graph, EndsOnCycles) {
  LyingSource source;
  const auto size = index_of(0, {1}, 300).bytes.size();
  source.manifests.emplace(digest(1), index_of(1, {2}, size));
  source.manifests.emplace(digest(2), index_of(2, {1}, size));
  const auto graph = walk(source, index_of(0, {1}, size), {});
  ASSERT_TRUE(graph) << graph.error().message();
  EXPECT_EQ(graph->manifests.size(), 3U);
  source.manifests.emplace(digest(3), index_of(3, {3}, size));
  ASSERT_TRUE(walk(source, index_of(3, {3}, size), {}));
}

TEST(Graph, RefusesAThousandIndexesInsideOneAnother) {
  LyingSource source;
  const auto size = index_of(0, {1}, 300).bytes.size();
  for (int i = 1; i <= 1000; ++i) source.manifests.emplace(digest(i), index_of(i, {i + 1}, size));
  const auto graph = walk(source, index_of(0, {1}, size), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::limit_exceeded);
}

TEST(Graph, RefusesMoreManifestsThanTheLimitBeforeAskingForThem) {
  LyingSource source;
  std::vector<int> first;
  std::vector<int> second;
  for (int i = 0; i < 60'000; ++i) {
    first.push_back(10 + i);
    second.push_back(100'000 + i);
  }
  auto one = index_of(1, first, 10);
  auto two = index_of(2, second, 10);
  auto root = testing::raw_index({one.descriptor, two.descriptor});
  source.manifests.emplace(digest(1), std::move(one));
  source.manifests.emplace(digest(2), std::move(two));
  const auto graph = walk(source, std::move(root), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::limit_exceeded) << graph.error().message();
}

TEST(Graph, RefusesAnEntryWhoseSizeIsNotItsManifests) {
  testing::FakeStore store;
  const auto image = put_image(store, {"layer"}, "linux/amd64");
  auto entry = testing::entry_for(image.raw, "linux/amd64");
  ++entry.size;
  const auto graph = walk(store, put_index(store, {entry}), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::digest_mismatch);
}

TEST(Graph, RefusesAManifestOfFiveMebibytesUnasked) {
  testing::FakeStore store;
  auto entry = testing::entry_for(put_image(store, {"layer"}, "linux/amd64").raw, "linux/amd64");
  entry.size = 5ULL * 1024 * 1024;
  store.forget_log();
  const auto graph = walk(store, put_index(store, {entry}), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(store.count("get "), 0U);
}

TEST(Graph, NamesAnEntryThatTheSourceDoesNotHold) {
  testing::FakeStore store;
  testing::FakeStore elsewhere;
  const auto image = put_image(elsewhere, {"layer"}, "linux/arm64");
  const auto graph = walk(store, put_index(store, {testing::entry_for(image.raw, "linux/arm64")}), {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::not_found);
  EXPECT_NE(graph.error().message().find("linux/arm64"), std::string::npos);
  EXPECT_NE(graph.error().message().find("choose platforms"), std::string::npos);
}

TEST(Graph, TakesBuildKitsCacheEntriesAsBlobs) {
  testing::FakeStore store;
  const auto layer = testing::put_bytes(&store, media_types::oci_layer_gzip, "cached layer");
  const auto config = testing::put_bytes(&store, media_types::buildkit_cache_config, "{}");
  const auto graph = walk(store, put_index(store, {layer, config}), {}).value();
  EXPECT_EQ(graph.manifests.size(), 1U);
  EXPECT_EQ(graph.blobs.size(), 2U);
}

TEST(Graph, TakesEntriesOfUnknownTypesForWhatTheyTurnOutToBe) {
  testing::FakeStore store;
  const std::string text = R"({"something":"else"})";
  const RawManifest odd{{MediaType::of("application/vnd.example.odd+json"), Digest::of(as_bytes(text)), text.size()},
                        text};
  ASSERT_TRUE(store.put_manifest(odd, {}));
  const auto blob = testing::put_bytes(&store, "application/vnd.example.blob", "bytes");
  const auto graph = walk(store, put_index(store, {odd.descriptor, blob}), {}).value();
  ASSERT_EQ(graph.manifests.size(), 2U);
  EXPECT_EQ(graph.manifests.front().raw.bytes, text);
  EXPECT_EQ(graph.manifests.front().raw.descriptor.media_type, "application/vnd.example.odd+json");
  ASSERT_EQ(graph.blobs.size(), 1U);
  EXPECT_EQ(graph.blobs.front().digest, blob.digest);
}

TEST(Graph, RefusesAManifestThatIsTwoThings) {
  LyingSource source;
  const std::string text = R"({"schemaVersion":2,"layers":[],"manifests":[]})";
  const auto graph = walk(source, {{MediaType::of(media_types::oci_manifest), digest(0), text.size()}, text}, {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::invalid_input);
}

TEST(Graph, AsksNobodyForAnEmbeddedManifest) {
  testing::FakeStore elsewhere;
  testing::FakeStore store;
  const auto image = put_image(elsewhere, {"layer"}, "linux/amd64");
  auto entry = testing::entry_for(image.raw, "linux/amd64");
  entry.data = image.raw.bytes;
  const auto graph = walk(store, put_index(store, {entry}), {});
  ASSERT_TRUE(graph) << graph.error().message();
  EXPECT_EQ(graph->manifests.front().raw.bytes, image.raw.bytes);
  EXPECT_EQ(store.count("get "), 0U);
}

TEST(Graph, DoesNotFollowTheSubject) {
  testing::FakeStore store;
  auto manifest = put_image(store, {"signature"}, "linux/amd64").manifest;
  manifest.subject = Descriptor{MediaType::of(media_types::oci_manifest), digest(7), 100};
  const auto artifact = testing::put_manifest(store, std::move(manifest));
  EXPECT_EQ(walk(store, artifact.raw, {}).value().manifests.size(), 1U);
}

TEST(Graph, NamesSchemaOne) {
  LyingSource source;
  const std::string text = R"({"schemaVersion":1,"name":"a","tag":"b","architecture":"amd64","fsLayers":[]})";
  const auto graph = walk(source, {{MediaType::of(media_types::docker_schema1), digest(0), text.size()}, text}, {});
  ASSERT_FALSE(graph);
  EXPECT_EQ(graph.error().code(), ErrorCode::unsupported);
}

}  // namespace
}  // namespace graph_test
}  // namespace dray::ops
