#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dray/format/compression.hpp>
#include <dray/ops/convert.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace convert_compress_test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeRepository;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

std::string packed(const std::string& plain, Compression compression, std::optional<int> level = {}) {
  StringSink out;
  const auto sink = compress(out, compression, level).value();
  EXPECT_TRUE(sink->write(as_bytes(plain)));
  EXPECT_TRUE(sink->finish());
  return std::move(out).text();
}

std::string long_text(char with) {
  std::string text;
  for (int i = 0; i < 90'000; ++i) text += std::to_string(i * 7919 % 10007) + with;
  return text;
}

std::string_view oci_layer_type(Compression compression) {
  if (compression == Compression::none) return media_types::oci_layer;
  return compression == Compression::gzip ? media_types::oci_layer_gzip : media_types::oci_layer_zstd;
}

class ConvertCompress : public ::testing::Test {
 protected:
  ConvertCompress() {
    options_.compress = Compression::zstd;
    options_.copy.clock = &clock_;
  }

  Result<ConvertReport> run(const std::string& from = "v1", const std::string& tag = "v2") {
    const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &store_); };
    return convert(store_, from, opener, tag, options_, {});
  }

  /// An OCI image whose layers hold these bytes, and whose config says so.
  testing::TestImage put_packed(const std::vector<std::string>& layers, Compression compression,
                                const std::optional<std::string>& tag = "v1") {
    std::string ids;
    Manifest manifest{MediaType::of(media_types::oci_manifest),
                      testing::put_bytes(nullptr, media_types::oci_config, "")};
    for (const auto& plain : layers) {
      ids += (ids.empty() ? "\"" : ",\"") + Digest::of(as_bytes(plain)).text() + "\"";
      manifest.layers.push_back(testing::put_bytes(&store_, oci_layer_type(compression), packed(plain, compression)));
    }
    manifest.config = testing::put_bytes(
        &store_, media_types::oci_config,
        R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[)" + ids + "]}}");
    return testing::put_manifest(store_, std::move(manifest), tag);
  }

  Manifest manifest_at(const ManifestName& name) {
    const auto raw = store_.get_manifest(name, {}).value();
    return std::get<Manifest>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }
  std::string stored(const Descriptor& blob) {
    auto opened = store_.open_blob(blob, {}, {}).value();
    return read_all(*opened.bytes, 1 << 30).value();
  }

  testing::LineClock clock_;
  FakeRepository store_{{"registry.example", "a"}};
  ConvertOptions options_;
  const std::string first_ = long_text('a');
  const std::string second_ = long_text('b');
};

auto warns(const std::string& part) { return Contains(Field(&ConversionWarning::text, HasSubstr(part))); }

TEST_F(ConvertCompress, EachCompressionLeadsToEachOther) {
  for (const auto from : {Compression::gzip, Compression::zstd, Compression::none}) {
    for (const auto to : {Compression::gzip, Compression::zstd, Compression::none}) {
      SCOPED_TRACE(std::string(name(from)) + " to " + std::string(name(to)));
      const auto image = put_packed({first_, second_}, from);
      options_.compress = to;
      ASSERT_TRUE(run());
      const auto made = manifest_at("v2");
      EXPECT_EQ(made.config, image.manifest.config) << "the image ID stays";
      ASSERT_EQ(made.layers.size(), 2U);
      EXPECT_EQ(made.layers[0].media_type, oci_layer_type(to));
      EXPECT_EQ(stored(made.layers[0]), packed(first_, to)) << "the bytes do not depend on how they came";
      EXPECT_EQ(stored(made.layers[1]), packed(second_, to));
      EXPECT_EQ(made.layers[1].size, stored(made.layers[1]).size());
    }
  }
}

TEST_F(ConvertCompress, ThereAndBackGivesTheFirstDigestWhereTheCompressorIsTheSame) {
  const auto image = put_packed({first_}, Compression::gzip);
  ASSERT_TRUE(run());
  options_.compress = Compression::gzip;
  EXPECT_EQ(run("v2", "v3").value().copy.copied.digest, image.raw.descriptor.digest);
}

TEST_F(ConvertCompress, LayersThatAreSoAlreadyAreNotRead) {
  const auto image = put_packed({first_}, Compression::zstd);
  store_.forget_log();
  const auto report = run().value();
  EXPECT_EQ(report.copy.copied.digest, image.raw.descriptor.digest);
  EXPECT_EQ(store_.count("open " + image.manifest.layers[0].digest.text()), 0U);
}

TEST_F(ConvertCompress, EqualLayersOfAnIndexAreReadOnce) {
  const auto one = put_packed({first_, second_}, Compression::gzip);
  const auto two = put_packed({first_}, Compression::gzip, std::nullopt);
  testing::put_index(store_, {testing::entry_for(one.raw, "linux/amd64"), testing::entry_for(two.raw, "linux/arm64")},
                     "v1");
  store_.forget_log();
  const auto report = run().value();
  EXPECT_EQ(store_.count("open " + one.manifest.layers[0].digest.text()), 1U);
  const auto raw = store_.get_manifest(std::string("v2"), {}).value();
  const auto index = std::get<Index>(parse_manifest(raw.bytes, {}).value());
  const auto first = manifest_at(index.manifests[0].digest);
  const auto second = manifest_at(index.manifests[1].digest);
  EXPECT_EQ(first.layers[0].digest, second.layers[0].digest);
  EXPECT_EQ(first.layers[0].media_type, media_types::oci_layer_zstd);
  EXPECT_THAT(report.copy.reasons, Contains("2 of its manifests changed"));
}

TEST_F(ConvertCompress, LayerThatIsNotWhatItsConfigSaysIsRefused) {
  auto image = put_packed({first_}, Compression::gzip).manifest;
  image.layers[0] = testing::put_bytes(&store_, media_types::oci_layer_gzip, packed(second_, Compression::gzip));
  testing::put_manifest(store_, image, "v1");
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(report.error().message(), HasSubstr(Digest::of(as_bytes(first_)).text()));
  EXPECT_FALSE(store_.resolve(std::string("v2"), {}));
}

TEST_F(ConvertCompress, BytesThatAreNotTheLayersAreRefused) {
  const auto image = put_packed({first_}, Compression::gzip).manifest;
  auto bytes = packed(first_, Compression::gzip);
  bytes[4] = 'x';  // the time in gzip's header: the plain bytes are the same
  store_.faults.lies.insert_or_assign(image.layers[0].digest, bytes);
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
}

TEST_F(ConvertCompress, ConfigWithoutADiffIdForEachLayerIsRefusedBeforeLayersAreRead) {
  auto image = put_packed({first_, second_}, Compression::gzip).manifest;
  image.layers.push_back(image.layers[0]);
  testing::put_manifest(store_, image, "v1");
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(report.error().message(), HasSubstr("3 layers"));
  EXPECT_EQ(store_.count("open " + image.layers[0].digest.text()), 0U);
}

TEST_F(ConvertCompress, TypeThatDoesNotSayHowTheBytesAreIsSetRight) {
  auto image = put_packed({first_}, Compression::zstd).manifest;
  image.layers[0].media_type = MediaType::of(media_types::oci_layer);
  testing::put_manifest(store_, image, "v1");
  ASSERT_TRUE(run());
  EXPECT_EQ(manifest_at("v2").layers[0].media_type, media_types::oci_layer_zstd);
  EXPECT_EQ(manifest_at("v2").layers[0].digest, image.layers[0].digest);
}

TEST_F(ConvertCompress, GzipAndDockersTypesTogether) {
  put_packed({first_}, Compression::zstd);
  options_.to = ImageTypes::docker;
  EXPECT_THAT(run().value().warnings, warns("--compress gzip"));
  EXPECT_EQ(manifest_at("v2").layers[0].media_type, media_types::docker_layer_zstd);
  options_.compress = Compression::gzip;
  EXPECT_THAT(run().value().warnings, Not(warns("zstd")));
  EXPECT_EQ(manifest_at("v2").layers[0].media_type, media_types::docker_layer_gzip);
  EXPECT_EQ(stored(manifest_at("v2").layers[0]), packed(first_, Compression::gzip));
}

TEST_F(ConvertCompress, ForeignLayersStayAsTheyAre) {
  auto image = put_packed({first_, second_}, Compression::gzip).manifest;
  image.layers[0].media_type = MediaType::of(media_types::oci_foreign_layer_gzip);
  image.layers[0].urls = {"https://files.example/base"};
  testing::put_manifest(store_, image, "v1");
  EXPECT_THAT(run().value().warnings, warns("foreign layers stay"));
  EXPECT_EQ(manifest_at("v2").layers[0], image.layers[0]);
  EXPECT_EQ(manifest_at("v2").layers[1].media_type, media_types::oci_layer_zstd);
}

TEST_F(ConvertCompress, WordsAboutTheOldBytesGo) {
  auto image = put_packed({first_}, Compression::gzip).manifest;
  image.layers[0].annotations = {{"containerd.io/snapshot/stargz/toc.digest", "x"}, {"org.example", "stays"}};
  image.layers[0].urls = {"https://files.example/base"};
  testing::put_manifest(store_, image, "v1");
  const auto report = run().value();
  EXPECT_THAT(report.warnings, warns("eStargz"));
  EXPECT_THAT(report.warnings, warns("urls of layers"));
  EXPECT_THAT(manifest_at("v2").layers[0].annotations,
              ElementsAre(std::pair<const std::string, std::string>("org.example", "stays")));
  EXPECT_TRUE(manifest_at("v2").layers[0].urls.empty());
}

TEST_F(ConvertCompress, LevelIsTakenAndChecked) {
  put_packed({first_}, Compression::none);
  options_.level = 19;
  ASSERT_TRUE(run());
  EXPECT_EQ(stored(manifest_at("v2").layers[0]), packed(first_, Compression::zstd, 19));
  options_.level = 20;
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  options_.compress = Compression::gzip;
  options_.level = 10;
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  options_.level = 0;
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  options_.compress = Compression::none;
  options_.level = 1;
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  options_.compress.reset();
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
}

TEST_F(ConvertCompress, DryRunReadsNoLayerAndLeavesTheDigestOpen) {
  const auto image = put_packed({first_}, Compression::gzip);
  options_.copy.dry_run = true;
  store_.forget_log();
  const auto report = run().value();
  EXPECT_EQ(report.nodes.front().fate, Fate::pending);
  EXPECT_FALSE(report.nodes.front().after);
  EXPECT_EQ(report.nodes.back().fate, Fate::pending);
  EXPECT_EQ(report.copy.bytes_planned, image.manifest.layers[0].size);
  EXPECT_EQ(store_.count("open " + image.manifest.layers[0].digest.text()), 0U);
  EXPECT_FALSE(store_.resolve(std::string("v2"), {}));
}

TEST_F(ConvertCompress, CutStreamGoesOn) {
  put_packed({first_}, Compression::gzip);
  store_.faults.cut_every = 100'000;
  ASSERT_TRUE(run());
  store_.faults.cut_every = 0;
  EXPECT_EQ(stored(manifest_at("v2").layers[0]), packed(first_, Compression::zstd));
}

TEST_F(ConvertCompress, DamagedLayerAndUnknownCompressionAreRefused) {
  auto image = put_packed({first_}, Compression::gzip).manifest;
  for (const auto& bytes : {packed(first_, Compression::gzip).substr(0, 1000), std::string("BZh91AY&SY rest")}) {
    image.layers[0] = testing::put_bytes(&store_, media_types::oci_layer_gzip, bytes);
    testing::put_manifest(store_, image, "v1");
    const auto report = run();
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message(), HasSubstr("layer " + image.layers[0].digest.text()));
  }
}

TEST_F(ConvertCompress, ArtifactsAreNotTouched) {
  auto chart = put_packed({first_}, Compression::gzip).manifest;
  chart.config = testing::put_bytes(&store_, "application/vnd.cncf.helm.config.v1+json", "{}");
  const auto before = testing::put_manifest(store_, chart, "v1");
  EXPECT_EQ(run().value().copy.copied.digest, before.raw.descriptor.digest);
  options_.to = ImageTypes::docker;
  EXPECT_EQ(run().error().code(), ErrorCode::unsupported);
}

TEST_F(ConvertCompress, ObserverSeesEachLayerAndOnePlan) {
  put_packed({first_, second_}, Compression::gzip);
  const auto observer = std::make_shared<testing::RecordingObserver>();
  options_.copy.observer = observer;
  ASSERT_TRUE(run());
  const auto events = observer->events();
  EXPECT_EQ(events.planned.back().blobs, 2U);
  EXPECT_EQ(events.started.size(), 2U);
}

TEST_F(ConvertCompress, AnyFailureLeavesNoTag) {
  put_packed({first_}, Compression::gzip);
  int nth = 1;
  for (;; ++nth) {
    FakeRepository other{{"other.example", "b"}};
    other.fail_nth_from_now(nth);
    const SinkOpener opener = [&] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &other); };
    const auto report = convert(store_, std::string("v1"), opener, "v1", options_, {});
    if (report) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io);
    EXPECT_TRUE(!other.resolve(std::string("v1"), {}) || other.count("finish") == 0);
  }
  EXPECT_GT(nth, 5);
}

}  // namespace
}  // namespace convert_compress_test
}  // namespace dray::ops
