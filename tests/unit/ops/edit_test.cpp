#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/format/json_patch.hpp>
#include <dray/ops/edit.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace edit_test {
namespace {

using testing::FakeRepository;
using ::testing::HasSubstr;
using testing::put_image;

constexpr const char* url = "https://files.example/base.tar.gz";

class Edit : public ::testing::Test {
 protected:
  Result<CopyReport> run(FakeRepository& from, FakeRepository& to) {
    const SinkOpener opener = [&to] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &to); };
    return edit(from, std::string("v1"), opener, "v1", options_, {});
  }
  Result<CopyReport> run() { return run(store_, store_); }

  static Manifest manifest_at(FakeRepository& store, const ManifestName& name) {
    const auto raw = store.get_manifest(name, {}).value();
    return std::get<Manifest>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }
  void put_behind_url(const Digest& layer) { options_.layer_urls = {{layer, url}}; }
  void make_ordinary(const Digest& layer) {
    options_.layer_urls.clear();
    options_.ordinary_layers = {layer};
  }

  FakeRepository store_{{"registry.example", "a"}};
  FakeRepository other_{{"other.example", "b"}};
  EditOptions options_;
};

TEST_F(Edit, PutsALayerBehindAUrlAndBackToTheSameBytes) {
  const auto image = put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  put_behind_url(image.manifest.layers[0].digest);
  const auto report = run().value();
  EXPECT_EQ(report.resolved.digest, image.raw.descriptor.digest);
  EXPECT_NE(report.copied.digest, report.resolved.digest);
  EXPECT_THAT(report.reasons, ::testing::ElementsAre(HasSubstr(url)));
  const auto edited = manifest_at(store_, "v1");
  EXPECT_EQ(edited.layers[0].media_type, media_types::oci_foreign_layer_gzip);
  EXPECT_EQ(edited.layers[0].urls, std::vector<std::string>{url});
  EXPECT_EQ(edited.layers[0].digest, image.manifest.layers[0].digest);
  EXPECT_EQ(edited.layers[1], image.manifest.layers[1]);
  EXPECT_EQ(edited.config, image.manifest.config);
  make_ordinary(image.manifest.layers[0].digest);
  ASSERT_TRUE(run());
  EXPECT_EQ(store_.get_manifest(std::string("v1"), {}).value().bytes, image.raw.bytes);
}

TEST_F(Edit, KeepsWhatItDoesNotKnowByteForByte) {
  const auto image = put_image(store_, {"base"}, "linux/amd64");
  const auto config = image.manifest.config;
  const auto layer = image.manifest.layers[0];
  const std::string before =
      R"({"x-odd" : [1.50, {}],"schemaVersion":2, "mediaType":"application/vnd.oci.image.manifest.v1+json","config":)" +
      to_json(config).dump() + R"(, "layers":[ {"x-more":"\u00e9", "digest":")" + layer.digest.text() + R"(","size":)" +
      std::to_string(layer.size) + R"(, "mediaType":"application/vnd.oci.image.layer.v1.tar+zstd"} ]})";
  RawManifest raw{{MediaType::of(media_types::oci_manifest), Digest::of(as_bytes(before)), before.size()}, before};
  ASSERT_TRUE(store_.set_tag("v1", raw, {}));
  put_behind_url(layer.digest);
  ASSERT_TRUE(run());
  auto expected = before;
  const std::string old_type = R"("application/vnd.oci.image.layer.v1.tar+zstd")";
  expected.replace(
      expected.find(old_type), old_type.size(),
      R"("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "urls":[")" + std::string(url) + R"("])");
  EXPECT_EQ(store_.get_manifest(std::string("v1"), {}).value().bytes, expected);
}

TEST_F(Edit, ChangesEveryImageOfAnIndexThatHasTheLayer) {
  const auto amd64 = put_image(store_, {"shared", "one"}, "linux/amd64");
  const auto arm64 = put_image(store_, {"shared", "two"}, "linux/arm64");
  const auto other = put_image(store_, {"alone"}, "linux/s390x");
  const auto proof = put_image(store_, {"proof"}, "linux/amd64");
  auto about = testing::entry_for(proof.raw, "unknown/unknown");
  about.annotations = {{"vnd.docker.reference.type", "attestation-manifest"},
                       {"vnd.docker.reference.digest", amd64.raw.descriptor.digest.text()}};
  const auto index =
      testing::put_index(store_,
                         {testing::entry_for(amd64.raw, "linux/amd64"), testing::entry_for(arm64.raw, "linux/arm64"),
                          testing::entry_for(other.raw, "linux/s390x"), about},
                         "v1");
  put_behind_url(amd64.manifest.layers[0].digest);
  const auto report = run().value();
  EXPECT_EQ(report.resolved.digest, index.descriptor.digest);
  const auto raw = store_.get_manifest(std::string("v1"), {}).value();
  const auto edited = std::get<Index>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  ASSERT_EQ(edited.manifests.size(), 4U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto child = store_.get_manifest(edited.manifests[i].digest, {}).value();
    EXPECT_EQ(child.bytes.size(), edited.manifests[i].size);
    EXPECT_EQ(manifest_at(store_, edited.manifests[i].digest).layers[0].urls, std::vector<std::string>{url});
    EXPECT_EQ(edited.manifests[i].platform->architecture, i == 0 ? "amd64" : "arm64");
  }
  EXPECT_EQ(edited.manifests[2].digest, other.raw.descriptor.digest);
  EXPECT_EQ(edited.manifests[3].digest, proof.raw.descriptor.digest);
  EXPECT_EQ(edited.manifests[3].annotations.at("vnd.docker.reference.digest"), edited.manifests[0].digest.text());
}

TEST_F(Edit, LayerThatBecomesOrdinaryIsFetchedFromItsUrl) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  const auto& layer = image.manifest.layers[0];
  put_behind_url(layer.digest);
  ASSERT_TRUE(run());
  ASSERT_TRUE(store_.remove_blob(layer.digest, {}));
  make_ordinary(layer.digest);
  const auto before = store_.resolve(std::string("v1"), {}).value();
  store_.behind_urls[url] = "BASE";
  EXPECT_EQ(run().error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(store_.has_blob(layer, {}).value());
  EXPECT_EQ(store_.resolve(std::string("v1"), {}).value().digest, before.digest) << "the tag has not moved";
  store_.behind_urls[url] = "base";
  options_.copy.foreign = ForeignLayers::skip;
  EXPECT_EQ(run().value().copied.digest, image.raw.descriptor.digest);
  EXPECT_TRUE(store_.has_blob(layer, {}).value());
}

TEST_F(Edit, SkipLeavesTheNewForeignLayerOutOfAnotherPlace) {
  const auto image = put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  put_behind_url(image.manifest.layers[0].digest);
  options_.copy.foreign = ForeignLayers::skip;
  ASSERT_TRUE(run(store_, other_));
  EXPECT_FALSE(other_.has_blob(image.manifest.layers[0], {}).value());
  EXPECT_TRUE(other_.has_blob(image.manifest.layers[1], {}).value());
  EXPECT_EQ(store_.resolve(std::string("v1"), {}).value().digest, image.raw.descriptor.digest);
}

TEST_F(Edit, WhatIsSoAlreadyStaysAsItIs) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  make_ordinary(image.manifest.layers[0].digest);
  const auto report = run().value();
  EXPECT_EQ(report.copied.digest, image.raw.descriptor.digest);
  EXPECT_TRUE(report.reasons.empty());
}

TEST_F(Edit, UnknownLayerListsThoseThatThereAre) {
  const auto image = put_image(store_, {"base", "top"}, "linux/amd64", "v1");
  put_behind_url(Digest::of(as_bytes("nobody")));
  const auto report = run();
  EXPECT_EQ(report.error().code(), ErrorCode::not_found);
  for (const auto& layer : image.manifest.layers) EXPECT_THAT(report.error().message(), HasSubstr(layer.digest.text()));
  put_behind_url(image.manifest.config.digest);
  EXPECT_EQ(run().error().code(), ErrorCode::not_found) << "a config is no layer";
}

TEST_F(Edit, OnlyLayersOfImagesCanBeForeign) {
  auto image = put_image(store_, {"chart"}, "linux/amd64");
  image.manifest.layers[0].media_type = MediaType::of("application/vnd.cncf.helm.chart.content.v1.tar+gzip");
  testing::put_manifest(store_, image.manifest, "v1");
  put_behind_url(image.manifest.layers[0].digest);
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
}

TEST_F(Edit, BothWaysAtOnceAndNothingAtAllAreRefused) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
  put_behind_url(image.manifest.layers[0].digest);
  options_.ordinary_layers = {image.manifest.layers[0].digest};
  EXPECT_EQ(run().error().code(), ErrorCode::invalid_input);
}

TEST_F(Edit, TakesNoMoreUrlsThanAreEverAsked) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  options_.layer_urls.assign(limits::max_descriptor_urls, {image.manifest.layers[0].digest, url});
  EXPECT_TRUE(run());
  options_.layer_urls.push_back(options_.layer_urls.front());
  EXPECT_EQ(run().error().code(), ErrorCode::limit_exceeded);
}

struct BadUrl {
  const char* name;
  std::string url;
};
class EditUrl : public Edit, public ::testing::WithParamInterface<BadUrl> {};

TEST_P(EditUrl, IsRefused) {
  const auto image = put_image(store_, {"base"}, "linux/amd64", "v1");
  options_.layer_urls = {{image.manifest.layers[0].digest, GetParam().url}};
  const auto report = run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(report.error().message().find("s3cret"), std::string::npos) << report.error().message();
  EXPECT_LT(report.error().message().size(), 300U);
}

const BadUrl bad_urls[] = {
    {"NoScheme", "files.example/x"},
    {"File", "file:///etc/passwd"},
    {"Ftp", "ftp://files.example/x"},
    {"User", "https://me:s3cret@files.example/x"},
    {"UserTooLong", "https://me:s3cret" + std::string(limits::max_layer_url_bytes, 'x') + "@files.example/x"},
    {"NoHost", "https:///x"},
    {"Blank", "https://files.example/a b"},
    {"LineEnd", "https://files.example/x\n"},
    {"NotAscii", "https://files.example/\xc3\xa9"},
    {"TooLong", "https://files.example/" + std::string(limits::max_layer_url_bytes, 'x')}};
INSTANTIATE_TEST_SUITE_P(Table, EditUrl, ::testing::ValuesIn(bad_urls), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace edit_test
}  // namespace dray::ops
