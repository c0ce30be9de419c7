#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/ops/artifact.hpp>
#include <dray/store/verify.hpp>

#include "fake_places.hpp"
#include "images.hpp"

namespace dray::ops {
namespace artifact_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ArtifactFile file(const std::string& title, const std::string& bytes, std::string_view type = "text/plain") {
  const auto open = [bytes](const ByteRange& range) -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(bytes.substr(range.begin, range.size()));
  };
  return {FileTitle::parse(title).value(), MediaType::of(type), bytes.size(), open};
}

class PushArtifact : public ::testing::Test {
 protected:
  Result<ArtifactReport> push(const std::vector<ArtifactFile>& files, const ArtifactOptions& options) {
    return push_artifact(files, [this] { return std::shared_ptr<ContentSink>(std::shared_ptr<void>(), &store_); }, "1",
                         options, {});
  }
  Result<ArtifactReport> push(const std::vector<ArtifactFile>& files) {
    return push(files, {.artifact_type = MediaType::of("application/vnd.example")});
  }
  Manifest at(const std::string& tag) {
    const auto raw = store_.inner().get_manifest(tag, {}).value();
    return std::get<Manifest>(parse_manifest(raw.bytes, raw.descriptor.media_type.text()).value());
  }

  testing::FakeStore store_;
};

TEST_F(PushArtifact, FilesAreLayersInTheirOrderAsTheyAre) {
  const auto report = push({file("b", "two"), file("a/c", "one", "application/json")}).value();
  const auto manifest = at("1");
  EXPECT_EQ(manifest.artifact_type, MediaType::of("application/vnd.example"));
  EXPECT_EQ(manifest.config.media_type, media_types::oci_empty);
  ASSERT_EQ(manifest.layers.size(), 2U);
  EXPECT_EQ(manifest.layers[0].annotations.at("org.opencontainers.image.title"), "b");
  EXPECT_EQ(manifest.layers[0].media_type, "text/plain");
  EXPECT_EQ(manifest.layers[1].annotations.at("org.opencontainers.image.title"), "a/c");
  EXPECT_EQ(read_blob(store_, manifest.layers[0], 100, {}).value(), "two");
  EXPECT_EQ(read_blob(store_, manifest.layers[1], 100, {}).value(), "one");
  EXPECT_EQ(read_blob(store_, manifest.config, 100, {}).value(), "{}");
  EXPECT_EQ(report.manifest.serialize(), manifest.serialize());
}

TEST_F(PushArtifact, TheSameFilesGiveTheSameDigest) {
  const auto first = push({file("a", "one")}).value();
  EXPECT_EQ(push({file("a", "one")}).value().copied.copied, first.copied.copied);
}

TEST_F(PushArtifact, WithoutFilesHasTheEmptyLayer) {
  ASSERT_TRUE(push({}, {.artifact_type = MediaType::of("application/vnd.example"), .annotations = {{"k", "v"}}}));
  const auto manifest = at("1");
  ASSERT_EQ(manifest.layers.size(), 1U);
  EXPECT_EQ(manifest.layers[0].media_type, media_types::oci_empty);
  EXPECT_EQ(manifest.annotations.at("k"), "v");
}

TEST_F(PushArtifact, AConfigTellsTheTypeToo) {
  auto config = file("unused", "{\"a\":1}", "application/vnd.example.config+json");
  config.title.reset();
  ASSERT_TRUE(push({file("a", "one")}, {.config = config}));
  const auto manifest = at("1");
  EXPECT_FALSE(manifest.artifact_type);
  EXPECT_EQ(manifest.config.media_type, "application/vnd.example.config+json");
  EXPECT_THAT(manifest.config.annotations, IsEmpty());
  EXPECT_EQ(read_blob(store_, manifest.config, 100, {}).value(), "{\"a\":1}");
}

TEST_F(PushArtifact, NamesItsSubject) {
  const auto image = testing::put_image(store_, {"one"}, "linux/amd64").raw.descriptor;
  ASSERT_TRUE(push({file("a", "one")}, {.artifact_type = MediaType::of("application/vnd.example"), .subject = image}));
  EXPECT_EQ(at("1").subject, image);
}

TEST_F(PushArtifact, RefusesTitlesThatCannotLieTogether) {
  for (const auto& titles : {std::pair("a", "a"), std::pair("a", "a/b"), std::pair("x/y/z", "x")}) {
    const auto report = push({file(titles.first, "one"), file("other", "x"), file(titles.second, "two")});
    ASSERT_FALSE(report) << titles.first;
    EXPECT_EQ(report.error().code(), ErrorCode::invalid_input);
  }
  EXPECT_TRUE(push({file("a", "one"), file("a.b", "two"), file("a-b/c", "three")}));
}

TEST_F(PushArtifact, NeedsAType) {
  const auto report = push({file("a", "one")}, {});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message(), HasSubstr("--artifact-type"));
}

TEST_F(PushArtifact, AFileThatChangesMeanwhileIsNotPushed) {
  auto changing = file("a", "one");
  changing.open = [opens = std::make_shared<int>(0)](const ByteRange&) -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<StringSource>(++*opens == 1 ? "one" : "two");
  };
  const auto report = push({changing});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(store_.list_tags({}).value(), IsEmpty());
}

TEST_F(PushArtifact, WhateverFailsNoTagIsSetBeforeTheEnd) {
  for (int nth = 1;; ++nth) {
    store_.fail_nth_from_now(nth);
    const auto report = push({file("a", "one"), file("b", "two")});
    if (report) break;
    EXPECT_EQ(report.error().code(), ErrorCode::io);
    // `finish` alone comes behind the tag.
    if (!store_.list_tags({}).value().empty()) {
      EXPECT_EQ(store_.count("tag 1"), 1U);
    }
    ASSERT_LT(nth, 100);
  }
  EXPECT_THAT(store_.list_tags({}).value(), ElementsAre("1"));
}

}  // namespace
}  // namespace artifact_test
}  // namespace dray::ops
