#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <dray/ops/convert.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace convert_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeRepository;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::put_image;

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

class Convert : public ::testing::Test {
 protected:
  Result<ConvertReport> run(ImageTypes to, const std::string& from, const std::string& tag) {
    options_.to = to;
    const SinkOpener opener = [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &store_); };
    return convert(store_, from, opener, tag, options_, {});
  }
  Result<ConvertReport> run(ImageTypes to) { return run(to, "v1", "v2"); }

  RawManifest raw_at(const ManifestName& name) { return store_.get_manifest(name, {}).value(); }
  Manifest manifest_at(const ManifestName& name) {
    const auto raw = raw_at(name);
    return std::get<Manifest>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }
  Index index_at(const ManifestName& name) {
    const auto raw = raw_at(name);
    return std::get<Index>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }
  void put_text(const std::string& text, std::string_view type, const std::string& tag = "v1") {
    const RawManifest raw{{MediaType::of(type), Digest::of(as_bytes(text)), text.size()}, text};
    ASSERT_TRUE(store_.set_tag(tag, raw, {}));
  }
  void put_docker_image(std::string_view layer_type = media_types::docker_layer_gzip) {
    auto image = put_image(store_, {"base", "top"}, "linux/amd64").manifest;
    image.media_type = MediaType::of(media_types::docker_manifest);
    image.config.media_type = MediaType::of(media_types::docker_config);
    for (auto& layer : image.layers) layer.media_type = MediaType::of(layer_type);
    testing::put_manifest(store_, image, "v1");
  }

  FakeRepository store_{{"registry.example", "a"}};
  ConvertOptions options_;
};

/// Its digest alone changed: that is always said.
auto no_loss() { return ElementsAre(Field(&ConversionWarning::text, HasSubstr("the digest changed"))); }
auto warns(const std::string& part) { return Contains(Field(&ConversionWarning::text, HasSubstr(part))); }

TEST_F(Convert, OciToDockerAndBackGivesTheFirstBytes) {
  const auto image = put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  const auto report = run(ImageTypes::docker).value();
  EXPECT_THAT(report.warnings, no_loss());
  const auto docker = manifest_at("v2");
  EXPECT_EQ(docker.media_type, media_types::docker_manifest);
  EXPECT_EQ(docker.config.media_type, media_types::docker_config);
  EXPECT_EQ(docker.config.digest, image.manifest.config.digest) << "the image ID stays";
  ASSERT_EQ(docker.layers.size(), 2U);
  EXPECT_EQ(docker.layers[1].media_type, media_types::docker_layer_gzip);
  EXPECT_EQ(docker.layers[1].digest, image.manifest.layers[1].digest);
  EXPECT_EQ(report.copy.resolved.digest, image.raw.descriptor.digest);
  EXPECT_EQ(report.copy.copied.digest, raw_at("v2").descriptor.digest);
  ASSERT_TRUE(run(ImageTypes::oci, "v2", "v3"));
  EXPECT_EQ(raw_at("v3").bytes, image.raw.bytes);
}

TEST_F(Convert, DockerToOciAndBackGivesTheFirstBytes) {
  put_docker_image();
  EXPECT_THAT(run(ImageTypes::oci).value().warnings, no_loss());
  EXPECT_EQ(manifest_at("v2").media_type, media_types::oci_manifest);
  ASSERT_TRUE(run(ImageTypes::docker, "v2", "v3"));
  EXPECT_EQ(raw_at("v3").bytes, raw_at("v1").bytes);
}

TEST_F(Convert, NothingButTheTypesIsEdited) {
  const auto image = put_image(store_, {"base"}, "linux/amd64").manifest;
  const std::string before =
      R"({"x-odd" : [1.50, {}],"schemaVersion":2,)"
      "\n\t"
      R"( "mediaType":"application/vnd.docker.distribution.manifest.v2+json",)"
      R"("config":{"size": )" +
      std::to_string(image.config.size) + R"(,"digest":")" + image.config.digest.text() +
      R"(","mediaType":"application/vnd.docker.container.image.v1+json"},"layers":[ {"x-more":"\u00e9","digest":")" +
      image.layers[0].digest.text() + R"(","size":)" + std::to_string(image.layers[0].size) +
      R"(, "mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip"} ]})";
  put_text(before, media_types::docker_manifest);
  ASSERT_TRUE(run(ImageTypes::oci));
  auto expected = before;
  for (const auto& [docker, oci] : {std::pair{media_types::docker_manifest, media_types::oci_manifest},
                                    {media_types::docker_config, media_types::oci_config},
                                    {media_types::docker_layer_gzip, media_types::oci_layer_gzip}}) {
    expected.replace(expected.find(docker), docker.size(), oci);
  }
  EXPECT_EQ(raw_at("v2").bytes, expected);
}

TEST_F(Convert, ManifestWithoutATypeGetsOne) {
  const auto image = put_image(store_, {"base"}, "linux/amd64").raw;
  auto text = image.bytes;
  const std::string line = "   \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",\n";
  text.erase(text.find(line), line.size());
  put_text(text, media_types::oci_manifest);
  EXPECT_EQ(run(ImageTypes::oci).value().copy.copied.digest, Digest::of(as_bytes(text))) << "it is OCI already";
  ASSERT_TRUE(run(ImageTypes::docker));
  EXPECT_THAT(raw_at("v2").bytes, HasSubstr("\"mediaType\": \"application/vnd.docker.distribution.manifest.v2+json\""));
}

TEST_F(Convert, EveryKindOfLayerHasItsCounterpart) {
  for (const auto* const suffix : {"", ".gzip", ".zstd"}) {
    for (const auto* const family :
         {"application/vnd.docker.image.rootfs.diff.tar", "application/vnd.docker.image.rootfs.foreign.diff.tar"}) {
      const auto type = std::string(family) + suffix;
      SCOPED_TRACE(type);
      put_docker_image(type);
      ASSERT_TRUE(run(ImageTypes::oci));
      EXPECT_TRUE(manifest_at("v2").layers[0].media_type.is_oci());
      EXPECT_EQ(manifest_at("v2").layers[0].media_type.is_foreign(), MediaType::of(type).is_foreign());
      ASSERT_TRUE(run(ImageTypes::docker, "v2", "v3"));
      EXPECT_EQ(raw_at("v3").bytes, raw_at("v1").bytes);
    }
  }
}

TEST_F(Convert, ZstdInDockersTypesIsWarnedOf) {
  auto image = put_image(store_, {"base"}, "linux/amd64").manifest;
  image.layers[0].media_type = MediaType::of(media_types::oci_layer_zstd);
  testing::put_manifest(store_, image, "v1");
  const auto report = run(ImageTypes::docker).value();
  EXPECT_THAT(report.warnings, warns("zstd"));
  EXPECT_EQ(manifest_at("v2").layers[0].media_type, media_types::docker_layer_zstd);
}

TEST_F(Convert, MixedFamiliesBecomeOne) {
  auto image = put_image(store_, {"base", "top"}, "linux/amd64").manifest;
  image.layers[0].media_type = MediaType::of(media_types::docker_layer_gzip);
  testing::put_manifest(store_, image, "v1");
  const auto report = run(ImageTypes::oci).value();
  EXPECT_EQ(manifest_at("v2").layers[0].media_type, media_types::oci_layer_gzip);
  EXPECT_THAT(report.copy.reasons, ElementsAre("media types of what it names"));
}

TEST_F(Convert, WhatDockerCannotSayIsDroppedAndNamed) {
  auto image = put_image(store_, {"base"}, "linux/amd64").manifest;
  image.annotations = {{"org.example.one", "1"}, {"org.example.two", "2"}};
  image.artifact_type = MediaType::of("application/vnd.example");
  image.subject = image.config;
  image.layers[0].annotations = {{"org.example.layer", "3"}};
  image.layers[0].data = "base";
  const auto before = testing::put_manifest(store_, image, "v1");
  const auto report = run(ImageTypes::docker).value();
  EXPECT_THAT(report.warnings, warns("annotations of the manifest are dropped, as Docker's types have none: "
                                     "org.example.one, org.example.two"));
  EXPECT_THAT(report.warnings, warns("annotations of the layers are dropped, as Docker's types have none: "
                                     "org.example.layer"));
  EXPECT_THAT(report.warnings, warns("dropped from the manifest, as Docker's types do not have it: "
                                     "artifactType, subject"));
  EXPECT_THAT(report.warnings, warns("dropped from the layers, as Docker's types do not have it: data"));
  EXPECT_THAT(report.warnings,
              ::testing::Each(Field(&ConversionWarning::where, ElementsAre(before.raw.descriptor.digest))));
  const auto after = manifest_at("v2");
  EXPECT_TRUE(after.annotations.empty());
  EXPECT_FALSE(after.subject);
  EXPECT_FALSE(after.artifact_type);
  EXPECT_TRUE(after.layers[0].annotations.empty());
  EXPECT_FALSE(after.layers[0].data);
}

TEST_F(Convert, IndexFollowsItsImagesAndBackGivesTheFirstBytes) {
  const auto amd64 = put_image(store_, {"shared", "one"}, "linux/amd64");
  const auto arm = put_image(store_, {"shared", "two"}, "linux/arm/v7");
  Index index{.media_type = MediaType::of(media_types::oci_index),
              .manifests = {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm.raw, "linux/arm/v7")}};
  const auto text = index.serialize();
  put_text(text, media_types::oci_index);
  const auto report = run(ImageTypes::docker).value();
  EXPECT_THAT(report.warnings, no_loss());
  const auto list = index_at("v2");
  EXPECT_EQ(list.media_type, media_types::docker_index);
  ASSERT_EQ(list.manifests.size(), 2U);
  EXPECT_EQ(list.manifests[1].platform->text(), "linux/arm/v7");
  EXPECT_EQ(list.manifests[1].media_type, media_types::docker_manifest);
  const auto child = raw_at(list.manifests[1].digest);
  EXPECT_EQ(child.bytes.size(), list.manifests[1].size);
  EXPECT_EQ(manifest_at(list.manifests[1].digest).media_type, media_types::docker_manifest);
  ASSERT_TRUE(run(ImageTypes::oci, "v2", "v3"));
  EXPECT_EQ(raw_at("v3").bytes, text);
}

TEST_F(Convert, ReportListsEachPartOnceFromTheTopDown) {
  const auto amd64 = put_image(store_, {"shared", "one"}, "linux/amd64");
  const auto arm64 = put_image(store_, {"shared"}, "linux/arm64");
  testing::put_index(
      store_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
  const auto report = run(ImageTypes::docker).value();
  std::vector<Kind> kinds;
  for (const auto& node : report.nodes) {
    kinds.push_back(node.kind);
    EXPECT_EQ(node.fate, Fate::changed);
    ASSERT_TRUE(node.after);
    EXPECT_TRUE(node.after->media_type.is_docker());
    const bool blob = node.kind == Kind::config || node.kind == Kind::layer;
    EXPECT_EQ(node.after->digest == node.before.digest, blob);
  }
  EXPECT_THAT(kinds, ElementsAre(Kind::index, Kind::manifest, Kind::config, Kind::layer, Kind::layer, Kind::manifest,
                                 Kind::config));
  EXPECT_EQ(report.nodes.front().before.digest, report.copy.resolved.digest);
  EXPECT_EQ(report.nodes.front().after->digest, report.copy.copied.digest);
}

TEST_F(Convert, AttestationsDoNotGoIntoADockerList) {
  const auto image = put_image(store_, {"base"}, "linux/amd64");
  const auto proof = put_image(store_, {"proof"}, "linux/s390x");
  testing::put_index(store_, {testing::entry_for(image.raw, "linux/amd64"), testing::attestation_for(proof.raw)}, "v1");
  FakeRepository other{{"other.example", "b"}};
  options_.to = ImageTypes::docker;
  const SinkOpener opener = [&] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &other); };
  const auto report = convert(store_, std::string("v1"), opener, "v1", options_, {}).value();
  EXPECT_THAT(report.warnings,
              Contains(AllOf(Field(&ConversionWarning::text, HasSubstr("attestations")),
                             Field(&ConversionWarning::where, ElementsAre(proof.raw.descriptor.digest)))));
  const auto raw = other.get_manifest(std::string("v1"), {}).value();
  const auto list = std::get<Index>(parse_manifest(raw.bytes, {}).value());
  ASSERT_EQ(list.manifests.size(), 1U);
  EXPECT_EQ(list.manifests[0].platform->text(), "linux/amd64");
  EXPECT_FALSE(other.has_blob(proof.manifest.layers[0], {}).value()) << "nobody names it any more";
  const auto node =
      std::ranges::find_if(report.nodes, [&](const auto& n) { return n.before.digest == proof.raw.descriptor.digest; });
  ASSERT_NE(node, report.nodes.end());
  EXPECT_EQ(node->fate, Fate::dropped);
  EXPECT_FALSE(node->after);
}

TEST_F(Convert, AttestationFollowsItsImageInOcisTypes) {
  put_docker_image();
  const auto image = raw_at("v1");
  const auto proof = put_image(store_, {"proof"}, "linux/s390x");
  auto about = testing::attestation_for(proof.raw);
  about.annotations["vnd.docker.reference.digest"] = image.descriptor.digest.text();
  testing::put_index(store_, {testing::entry_for(image, "linux/amd64"), about}, "v1");
  const auto report = run(ImageTypes::oci).value();
  const auto index = index_at("v2");
  EXPECT_NE(index.manifests[0].digest, image.descriptor.digest);
  EXPECT_EQ(index.manifests[1].annotations.at("vnd.docker.reference.digest"), index.manifests[0].digest.text());
  EXPECT_THAT(report.warnings, warns("what they state is about the digests that the images had before"));
}

TEST_F(Convert, FeaturesOfPlatformsAreDockersAlone) {
  put_docker_image();
  const auto image = raw_at("v1").descriptor;
  const std::string list =
      R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[)"
      R"({"mediaType":"application/vnd.docker.distribution.manifest.v2+json","size":)" +
      std::to_string(image.size) + R"(,"digest":")" + image.digest.text() +
      R"(","platform":{"architecture":"amd64","os":"linux","features":["sse4"]}}]})";
  put_text(list, media_types::docker_index);
  EXPECT_THAT(run(ImageTypes::oci).value().warnings, warns("platform.features"));
  EXPECT_THAT(raw_at("v2").bytes, HasSubstr(R"("platform":{"architecture":"amd64","os":"linux"})"));
}

TEST_F(Convert, DockerListGetsThePlatformThatTheConfigSays) {
  const auto image = put_image(store_, {"base"}, "linux/arm/v7");
  testing::put_index(store_, {image.raw.descriptor}, "v1");
  ASSERT_TRUE(run(ImageTypes::docker));
  ASSERT_TRUE(index_at("v2").manifests[0].platform);
  EXPECT_EQ(index_at("v2").manifests[0].platform->text(), "linux/arm/v7");
}

TEST_F(Convert, ArtifactIsRefusedWithItsType) {
  auto chart = put_image(store_, {"chart"}, "linux/amd64").manifest;
  chart.config = testing::put_bytes(&store_, "application/vnd.cncf.helm.config.v1+json", "{}");
  testing::put_manifest(store_, chart, "v1");
  const auto report = run(ImageTypes::docker);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(report.error().message(), HasSubstr("application/vnd.cncf.helm.config.v1+json"));
  EXPECT_EQ(store_.resolve(std::string("v2"), {}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(run(ImageTypes::oci).value().copy.copied.digest, raw_at("v1").descriptor.digest);
}

TEST_F(Convert, ArtifactInAnIndexIsDroppedAndAnIndexOfThemRefused) {
  auto chart = put_image(store_, {"chart"}, "linux/amd64").manifest;
  chart.config = testing::put_bytes(&store_, "application/vnd.cncf.helm.config.v1+json", "{}");
  const auto artifact = testing::put_manifest(store_, chart).raw;
  const auto image = put_image(store_, {"base"}, "linux/amd64").raw;
  testing::put_index(store_, {artifact.descriptor, testing::entry_for(image, "linux/amd64")}, "v1");
  EXPECT_THAT(run(ImageTypes::docker).value().warnings, warns("application/vnd.cncf.helm.config.v1+json"));
  EXPECT_EQ(index_at("v2").manifests.size(), 1U);
  testing::put_index(store_, {artifact.descriptor}, "v1");
  const auto refused = run(ImageTypes::docker);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("none of its entries is an image"));
}

TEST_F(Convert, LayerTypeWithoutACounterpartIsRefused) {
  auto image = put_image(store_, {"base"}, "linux/amd64").manifest;
  image.layers[0].media_type = MediaType::of("application/vnd.oci.image.layer.v1.tar+gzip+encrypted");
  testing::put_manifest(store_, image, "v1");
  const auto report = run(ImageTypes::docker);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(report.error().message(), HasSubstr("+encrypted"));
}

TEST_F(Convert, PluginKeepsTheTypeOfItsConfig) {
  auto plugin = put_image(store_, {"base"}, "linux/amd64").manifest;
  plugin.media_type = MediaType::of(media_types::docker_manifest);
  plugin.config.media_type = MediaType::of(media_types::docker_plugin_config);
  testing::put_manifest(store_, plugin, "v1");
  EXPECT_THAT(run(ImageTypes::oci).value().warnings, warns("application/vnd.docker.plugin.v1+json"));
  EXPECT_EQ(manifest_at("v2").config.media_type, media_types::docker_plugin_config);
}

TEST_F(Convert, WhatIsSoAlreadyStaysAsItIs) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  const auto report = run(ImageTypes::oci).value();
  EXPECT_EQ(report.copy.copied.digest, image.raw.descriptor.digest);
  EXPECT_THAT(report.warnings, IsEmpty());
  EXPECT_THAT(report.copy.reasons, IsEmpty());
  EXPECT_THAT(report.nodes, ::testing::Each(Field(&ConvertedNode::fate, Fate::kept)));
}

TEST_F(Convert, OnePlatformOfAnIndexStandsAlone) {
  const auto amd64 = put_image(store_, {"one"}, "linux/amd64");
  const auto arm64 = put_image(store_, {"two"}, "linux/arm64");
  const auto index = testing::put_index(
      store_, {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64")}, "v1");
  options_.copy.platforms = {testing::platform("linux/arm64")};
  const auto report = run(ImageTypes::docker).value();
  EXPECT_EQ(report.copy.resolved.digest, index.descriptor.digest);
  EXPECT_EQ(report.nodes.front().before.digest, arm64.raw.descriptor.digest);
  EXPECT_EQ(manifest_at("v2").layers[0].digest, arm64.manifest.layers[0].digest);
}

TEST_F(Convert, DryRunAndAnotherDigestThanExpectedWriteNothing) {
  put_image(store_, {"base"}, "linux/amd64", "v1");
  options_.copy.dry_run = true;
  const auto planned = run(ImageTypes::docker).value();
  EXPECT_EQ(store_.resolve(std::string("v2"), {}).error().code(), ErrorCode::not_found);
  options_.copy.dry_run = false;
  options_.copy.expected = planned.copy.resolved.digest;
  EXPECT_EQ(run(ImageTypes::docker).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(store_.resolve(std::string("v2"), {}).error().code(), ErrorCode::not_found);
  options_.copy.expected = planned.copy.copied.digest;
  EXPECT_TRUE(run(ImageTypes::docker));
}

TEST_F(Convert, AnyFailureLeavesNoTag) {
  put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  int nth = 1;
  for (;; ++nth) {
    FakeRepository other{{"other.example", "b"}};
    other.fail_nth_from_now(nth);
    options_.to = ImageTypes::docker;
    const SinkOpener opener = [&] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &other); };
    const auto report = convert(store_, std::string("v1"), opener, "v1", options_, {});
    if (report) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io);
    const bool tagged = other.resolve(std::string("v1"), {}).has_value();
    EXPECT_TRUE(!tagged || other.count("finish") == 0);
  }
  EXPECT_GT(nth, 4);
}

}  // namespace
}  // namespace convert_test
}  // namespace dray::ops
