#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dray/format/compression.hpp>
#include <dray/format/image_config.hpp>
#include <dray/ops/convert.hpp>
#include <dray/store/blob_sizes.hpp>
#include <map>

#include "fake_places.hpp"
#include "images.hpp"
#include "support/schema1.hpp"

namespace dray::ops {
namespace convert_schema1_test {
namespace {

using ::testing::HasSubstr;

using Fate = ConvertedNode::Fate;

/// A registry that has one schema 1 image, under the digest of what it signed, and tells the sizes of its blobs.
class OldRegistry final : public testing::FakeStore, public TellsBlobSizes {
 public:
  std::optional<RawManifest> image;
  std::map<Digest, std::uint64_t> sizes;

  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    if (image) return *image;
    return FakeStore::get_manifest(name, stop);
  }
  Result<std::uint64_t> blob_size(const Digest& digest, const std::stop_token& /*stop*/) override {
    const auto found = sizes.find(digest);
    if (found == sizes.end()) return Error(ErrorCode::not_found, "no blob " + digest.text());
    return found->second;
  }
};

std::string packed(const std::string& plain, Compression compression = Compression::gzip) {
  StringSink out;
  const auto sink = compress(out, compression).value();
  EXPECT_TRUE(sink->write(as_bytes(plain)));
  EXPECT_TRUE(sink->finish());
  return std::move(out).text();
}

class ConvertSchema1 : public ::testing::Test {
 protected:
  ConvertSchema1() { options_.copy.clock = &clock_; }

  Result<ConvertReport> run() {
    const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &sink_); };
    return convert(source_, std::string("v1"), opener, "v2", options_, {});
  }
  Descriptor put_layer(const std::string& bytes) {
    auto layer = testing::put_bytes(&source_, media_types::docker_layer_gzip, bytes);
    source_.sizes.insert_or_assign(layer.digest, layer.size);
    return layer;
  }
  void put_image(const std::vector<Descriptor>& layers) {
    std::vector<std::string> digests;
    for (const auto& layer : layers) digests.push_back(layer.digest.text());
    const auto made = dray::testing::make_schema1("app", "v1", "amd64", digests);
    source_.image = RawManifest{
        {MediaType::of(media_types::docker_schema1_signed), Digest::parse(made.digest).value(), made.bytes.size()},
        made.bytes};
  }
  Manifest manifest() {
    const auto raw = sink_.get_manifest(std::string("v2"), {}).value();
    return std::get<Manifest>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }
  ImageConfig config() {
    auto opened = sink_.open_blob(manifest().config, {}, {}).value();
    return ImageConfig::parse(read_all(*opened.bytes, 1 << 20).value()).value();
  }
  static DiffId diff_id(const std::string& plain) { return DiffId(Digest::of(as_bytes(plain))); }

  testing::LineClock clock_;
  OldRegistry source_;
  testing::FakeStore sink_;
  ConvertOptions options_;
};

TEST_F(ConvertSchema1, BecomesDockersManifestWithLayersInTheirOrder) {
  const auto base = put_layer(packed("base"));
  const auto top = put_layer(packed("top"));
  put_image({base, top});
  const auto report = run().value();
  const auto made = manifest();
  EXPECT_EQ(made.media_type, media_types::docker_manifest);
  EXPECT_EQ(made.config.media_type, media_types::docker_config);
  ASSERT_EQ(made.layers.size(), 2U);
  EXPECT_EQ(made.layers[0], base);
  EXPECT_EQ(made.layers[1], top);
  EXPECT_EQ(config().diff_ids, (std::vector<DiffId>{diff_id("base"), diff_id("top")}));
  EXPECT_EQ(config().platform.text(), "linux/amd64");
  EXPECT_EQ(config().history.size(), 2U);
  EXPECT_TRUE(sink_.has_blob(base, {}).value());
  EXPECT_EQ(report.copy.resolved.digest, source_.image->descriptor.digest);
  EXPECT_EQ(report.nodes.front().before.digest, source_.image->descriptor.digest);
  EXPECT_EQ(report.nodes.front().fate, Fate::changed);
  EXPECT_EQ(source_.count("open " + top.digest.text()), 1U) << "read once";
}

TEST_F(ConvertSchema1, BecomesOcisManifestToo) {
  put_image({put_layer(packed("base"))});
  options_.to = ImageTypes::oci;
  ASSERT_TRUE(run());
  EXPECT_EQ(manifest().media_type, media_types::oci_manifest);
  EXPECT_EQ(manifest().layers[0].media_type, media_types::oci_layer_gzip);
}

TEST_F(ConvertSchema1, LayerTypesTellHowTheBytesAre) {
  put_image({put_layer("plain"), put_layer(packed("zstd", Compression::zstd))});
  options_.to = ImageTypes::oci;
  ASSERT_TRUE(run());
  EXPECT_EQ(manifest().layers[0].media_type, media_types::oci_layer);
  EXPECT_EQ(manifest().layers[1].media_type, media_types::oci_layer_zstd);
}

TEST_F(ConvertSchema1, CompressedAnewOnTheWay) {
  put_image({put_layer(packed("base"))});
  options_.to = ImageTypes::oci;
  options_.compress = Compression::zstd;
  ASSERT_TRUE(run());
  EXPECT_EQ(manifest().layers[0].digest, Digest::of(as_bytes(packed("base", Compression::zstd))));
  EXPECT_EQ(config().diff_ids, std::vector<DiffId>{diff_id("base")});
}

TEST_F(ConvertSchema1, DocumentThatIsNotWhatItsDigestSaysIsRefused) {
  put_image({put_layer(packed("base"))});
  source_.image->descriptor.digest = Digest::of(as_bytes("another"));
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
}

TEST_F(ConvertSchema1, WrongBytesOfALayerAreRefused) {
  const auto layer = put_layer(packed("base"));
  put_image({layer});
  auto bytes = packed("base");
  bytes[4] = 'x';  // the time in gzip's header: the plain bytes are the same
  source_.faults.lies.insert_or_assign(layer.digest, bytes);
  EXPECT_EQ(run().error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(sink_.has_blob(layer, {}).value());
}

TEST_F(ConvertSchema1, MissingLayerIsNamed) {
  const auto layer = put_layer(packed("base"));
  put_image({layer});
  source_.sizes.clear();
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::not_found);
  EXPECT_THAT(report.error().message(), HasSubstr(layer.digest.text()));
}

TEST_F(ConvertSchema1, DryRunReadsAndWritesNothing) {
  put_image({put_layer(packed("base"))});
  options_.copy.dry_run = true;
  const auto planned = run().value();
  EXPECT_FALSE(sink_.resolve(std::string("v2"), {}));
  EXPECT_EQ(sink_.count("blob "), 0U);
  options_.copy.dry_run = false;
  EXPECT_EQ(run().value().copy.copied.digest, planned.copy.copied.digest);
}

TEST_F(ConvertSchema1, AnyFailureLeavesNoTag) {
  put_image({put_layer(packed("base")), put_layer(packed("top"))});
  int nth = 1;
  for (;; ++nth) {
    testing::FakeStore other;
    other.fail_nth_from_now(nth);
    const SinkOpener opener = [&] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &other); };
    const auto report = convert(source_, std::string("v1"), opener, "v2", options_, {});
    if (report) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io);
    EXPECT_TRUE(!other.resolve(std::string("v2"), {}) || other.count("finish") == 0);
  }
  EXPECT_GT(nth, 6);
}

}  // namespace
}  // namespace convert_schema1_test
}  // namespace dray::ops
