// Layers that live behind URLs: which of them a copy brings along, and who reads the result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace foreign_test {
namespace {

using ::testing::HasSubstr;

class Foreign : public ::testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return twin.host_port() + "/" + std::string(name); }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] std::string servercore() const { return at("windows/servercore:ltsc2019-amd64"); }
  [[nodiscard]] const Blob& foreign_blob() const { return twin.servercore().layers[0].blob; }

  McrTwin twin;
  Dray dray;
};

TEST_F(Foreign, SkipLeavesTheLayerAndTellsWhereItLives) {
  const auto table = ok({"pull", servercore(), "oci:left", "--foreign", "skip"});
  EXPECT_THAT(table, HasSubstr("1 left behind URLs"));
  EXPECT_THAT(table, HasSubstr(foreign_blob().digest + " at " + twin.foreign_origin() + "/fwlink/?linkid="));
  EXPECT_FALSE(std::filesystem::exists(blob_in_layout(dray / "left", foreign_blob().digest)));
  EXPECT_EQ(ok({"digest", "oci:left:ltsc2019-amd64"}), twin.servercore().manifest.digest + "\n");
  EXPECT_EQ(twin.foreign().request_count(), 0U);
  EXPECT_EQ(ok({"pull", servercore(), "oci:left", "--foreign", "skip", "--jq", ".blobs[].from"}),
            "present\nleft\npresent\n");
}

TEST_F(Foreign, AllTagsAndSyncListWhatWasLeft) {
  ok({"pull", servercore(), "oci:thin:v", "--foreign", "skip"});
  EXPECT_THAT(ok({"copy", "--all-tags", "oci:thin", "oci:one", "--foreign", "skip"}),
              HasSubstr("1 layer left behind URLs"));
  EXPECT_EQ(ok({"copy", "--all-tags", "oci:thin", "oci:two", "--foreign", "skip", "--jq", ".tags[].left[].digest"}),
            foreign_blob().digest + "\n");
  dray.write("mirror.yml", "version: 1\nsync:\n  - {source: 'oci:thin', destination: 'oci:three', foreign: skip}\n");
  EXPECT_EQ(ok({"sync", "mirror.yml", "--jq", ".places[].tags[].left[].digest"}), foreign_blob().digest + "\n");
  EXPECT_FALSE(std::filesystem::exists(blob_in_layout(dray / "three", foreign_blob().digest)));
}

TEST_F(Foreign, WhatWasLeftIsFetchedByALaterInclude) {
  ok({"pull", servercore(), "oci:late", "--foreign", "keep"});
  EXPECT_EQ(ok({"pull", servercore(), "oci:late", "--jq", ".blobs[].from"}), "present\nurls\npresent\n");
  EXPECT_EQ(read_bytes(blob_in_layout(dray / "late", foreign_blob().digest)), *foreign_blob().bytes);
}

TEST_F(Foreign, LayoutWithoutTheLayerIsPushedAndTheRegistryFollowsItsUrls) {
  const DockerRegistry registry;
  ok({"pull", servercore(), "oci:thin:v", "--foreign", "skip"});
  EXPECT_EQ(ok({"push", "oci:thin:v", registry.host_port() + "/thin:v", "--foreign", "keep", "--jq", ".blobs[].from"}),
            "source\nleft\nsource\n");
  EXPECT_EQ(ok({"push", "oci:thin:v", registry.host_port() + "/whole:v", "--jq", ".blobs[].from"}),
            "source\nurls\nsource\n");
  EXPECT_EQ(ok({"blob", "get", registry.host_port() + "/whole@" + foreign_blob().digest}), *foreign_blob().bytes);
}

TEST_F(Foreign, CopyInsideARegistryMountsTheLayerToo) {
  const DockerRegistry registry;
  ok({"copy", servercore(), registry.host_port() + "/one:v"});
  EXPECT_EQ(ok({"copy", registry.host_port() + "/one:v", registry.host_port() + "/two:v", "--foreign", "include",
                "--jq", ".blobs[].from"}),
            "mount\nmount\nmount\n");
}

TEST_F(Foreign, OurRegistryTakesAnImageWhoseLayerIsElsewhere) {
  const Served served(dray, dray / "registry");
  ok({"copy", servercore(), served.host_port() + "/thin:v", "--foreign", "skip"});
  EXPECT_EQ(ok({"digest", served.host_port() + "/thin:v"}), twin.servercore().manifest.digest + "\n");
  EXPECT_EQ(ok({"copy", served.host_port() + "/thin:v", "oci:whole:v", "--jq", ".blobs[].from"}),
            "source\nurls\nsource\n");
}

// What nobody's tool answers (seed 002): how to set `urls` on a layer.
class EditLayers : public Foreign {
 protected:
  EditLayers() {
    write_layout(dray / "image", image, "v");
    url = twin.make_foreign(image, 0).layers[0].urls.at(0);
  }
  [[nodiscard]] const Blob& layer() const { return image.layers[0].blob; }
  [[nodiscard]] std::string change() const { return layer().digest + "=" + url; }

  Image image = make_layered(2, 3000, Format::docker);
  std::string url;
};

TEST_F(EditLayers, RegistryThatAllowsUrlsTakesTheImageWithoutItsLayerAndSkopeoReadsIt) {
  const DockerRegistry registry;
  const auto at = registry.host_port() + "/app:v";
  const auto table = ok({"edit", "oci:image:v", at, "--layer-url", change()});
  EXPECT_THAT(table, HasSubstr("Made of"));
  EXPECT_THAT(table, HasSubstr(image.manifest.digest));
  EXPECT_THAT(table, HasSubstr("1 left behind URLs"));
  EXPECT_NE(dray({"blob", "head", registry.host_port() + "/app@" + layer().digest}).status, 0);
  const Outcome copied =
      skopeo({"copy", "--quiet", "--src-tls-verify=false", "docker://" + at, "dir:" + (dray / "theirs").string()});
  ASSERT_EQ(copied.status, 0) << copied.err;
  EXPECT_EQ(read_bytes(dray / "theirs" / layer().digest.substr(7)), *layer().bytes) << "skopeo followed the URL";
  EXPECT_EQ(ok({"edit", at, "--layer-url-remove", layer().digest, "--jq", ".digest"}), image.manifest.digest + "\n");
  EXPECT_EQ(ok({"blob", "get", registry.host_port() + "/app@" + layer().digest}), *layer().bytes);
}

TEST_F(EditLayers, RegistryThatDoesNotAllowUrlsIsExplainedAndItsTagStays) {
  const DockerRegistry registry({.allow_foreign_urls = false});
  const auto at = registry.host_port() + "/app:v";
  ok({"push", "oci:image:v", at});
  const Outcome outcome = dray({"edit", at, "--layer-url", change()});
  EXPECT_NE(outcome.status, 0);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("validation.manifests.urls.allow"));
  EXPECT_EQ(ok({"digest", at}), image.manifest.digest + "\n");
}

TEST_F(EditLayers, OurRegistryTakesAndGivesItBack) {
  const Served served(dray, dray / "registry");
  const auto at = served.host_port() + "/app:v";
  ok({"edit", "oci:image:v", at, "--layer-url", layer().digest + "=http://127.0.0.1:1/gone", "--layer-url", change()});
  EXPECT_EQ(ok({"copy", at, "oci:back:v", "--jq", ".blobs[].from"}), "source\nurls\nsource\n");
  EXPECT_EQ(read_bytes(blob_in_layout(dray / "back", layer().digest)), *layer().bytes) << "by the second URL";
  ok({"edit", "oci:back:v", "--layer-url-remove", layer().digest});
  EXPECT_EQ(ok({"digest", "oci:back:v"}), image.manifest.digest + "\n");
}

TEST_F(EditLayers, HostileUrlsStoreNothing) {
  const Served served(dray, dray / "registry");
  const auto at = served.host_port() + "/app:v";
  struct Row {
    std::string url;
    int status;
    std::string says;
  };
  const auto origin = twin.foreign_origin();
  for (const auto& row : {Row{origin + "/layers/" + foreign_blob().digest, 5, "bytes by its descriptor"},
                          Row{origin + "/loop", 1, "redirect"}, Row{origin + "/nobody", 3, "404"}}) {
    SCOPED_TRACE(row.url);
    ok({"edit", "oci:image:v", at, "--layer-url", layer().digest + "=" + row.url});
    const auto before = ok({"digest", at});
    const Outcome outcome = dray({"edit", at, "--layer-url-remove", layer().digest});
    EXPECT_EQ(outcome.status, row.status) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
    EXPECT_EQ(ok({"digest", at}), before);
    EXPECT_NE(dray({"blob", "head", served.host_port() + "/app@" + layer().digest}).status, 0);
  }
}

TEST_F(EditLayers, LayoutMovesItsTagAndADryRunMovesNothing) {
  const std::vector<std::string> words = {"edit", "oci:image:v", "--layer-url", change(), "--jq", ".digest"};
  auto plan = words;
  plan.push_back("--dry-run");
  const auto planned = ok(plan);
  EXPECT_EQ(ok({"digest", "oci:image:v"}), image.manifest.digest + "\n");
  EXPECT_EQ(ok(words), planned);
  EXPECT_EQ(ok({"digest", "oci:image:v"}), planned);
}

struct Mistake {
  const char* name;
  std::vector<std::string> words;
  const char* says;
};
class EditMistakes : public EditLayers, public ::testing::WithParamInterface<Mistake> {};

TEST_P(EditMistakes, AreUsageErrorsThatSayWhatToDo) {
  auto words = GetParam().words;
  words.insert(words.begin(), "edit");
  const Outcome outcome = dray(words);
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
  EXPECT_EQ(outcome.err.find("s3cret"), std::string::npos) << outcome.err;
}

const std::string some_digest = "sha256:" + std::string(64, 'a');
INSTANTIATE_TEST_SUITE_P(
    Table, EditMistakes,
    ::testing::Values(
        Mistake{"Nothing", {"oci:image:v"}, "--layer-url DIGEST=URL"},
        Mistake{"NoUrl", {"oci:image:v", "--layer-url", some_digest}, "DIGEST=URL"},
        Mistake{"NoDigest", {"oci:image:v", "--layer-url", "abc=https://files.example/x"}, "digest"},
        Mistake{"Scheme", {"oci:image:v", "--layer-url", some_digest + "=ftp://files.example/x"}, "http"},
        Mistake{"Password", {"oci:image:v", "--layer-url", some_digest + "=https://me:s3cret@files.example/x"}, "user"},
        Mistake{"ByDigest", {"oci:image@" + some_digest, "--layer-url-remove", some_digest}, "DST"},
        Mistake{"NoTag", {"oci:image", "--layer-url-remove", some_digest}, "DST"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Foreign, WordThatIsNoneIsRefused) {
  const Outcome outcome = dray({"pull", servercore(), "oci:x", "--foreign", "maybe"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("include, keep or skip"));
}

}  // namespace
}  // namespace foreign_test
}  // namespace dray::testing
