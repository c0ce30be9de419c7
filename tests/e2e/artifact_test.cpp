// `dray artifact`, `attach`: files in every kind of place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_places.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace artifact_test {
namespace {

using ::testing::HasSubstr;

class Artifact : public InEachPlace {
 protected:
  std::string make_image(std::string_view rest) {
    dray.write("root.tar", make_tar({TarEntry{"etc/name", "app"}}));
    return line({"append", at("app", rest), "root.tar", "--platform", "linux/amd64"});
  }
};

TEST_P(Artifact, PushPutsFilesUnderTheirTitles) {
  dray.write("model.bin", std::string(300'000, 'm'));
  std::filesystem::create_directory(dray / "docs");
  dray.write("docs/read me.md", "# hello\n");
  const auto digest =
      line({"artifact", "push", at("files", ":1"), "model.bin", "./docs/../docs/read me.md:text/markdown",
            "--artifact-type", "application/vnd.example.model", "--annotation", "a=b=c"});
  EXPECT_EQ(line({"digest", at("files", ":1")}), digest);
  EXPECT_EQ(
      ok({"manifest", "get", at("files", ":1"), "--jq",
          ".artifactType, .layers[].annotations[\"org.opencontainers.image.title\"], .layers[].mediaType, "
          ".layers[].size, .annotations.a, .config.mediaType"}),
      "application/vnd.example.model\nmodel.bin\ndocs/read me.md\napplication/octet-stream\ntext/markdown\n300000\n"
      "8\nb=c\napplication/vnd.oci.empty.v1+json\n");
}

TEST_P(Artifact, PushOfTheSameFilesSendsNothingTheSecondTime) {
  dray.write("model.bin", std::string(300'000, 'm'));
  const std::vector<std::string> words{"artifact",  "push", at("files", ":1"),
                                       "model.bin", "--jq", ".digest, .artifactType, .bytesTransferred"};
  const auto first = ok(words);
  EXPECT_THAT(first, HasSubstr("application/vnd.unknown.artifact.v1\n300000\n"));
  EXPECT_THAT(ok(words), HasSubstr("application/vnd.unknown.artifact.v1\n0\n"));
}

TEST_P(Artifact, SkopeoReadsWhatIsPushed) {
  // What skopeo is asked here is a registry's answer; archive_test and dir_test have it read places on disk.
  if (GetParam().name == std::string_view("Layout")) GTEST_SKIP() << "one way to ask skopeo is enough";
  dray.write("a.txt", "hello\n");
  dray.write("config.json", "{\"a\":1}");
  ok({"artifact", "push", at("files", ":1"), "a.txt:text/plain", "--config",
      "config.json:application/vnd.example+json"});
  const auto copied =
      dray.shell("skopeo copy -q --src-tls-verify=false docker://" + at("files", ":1") + " dir:copied && ls copied");
  EXPECT_EQ(copied.status, 0) << copied.err;
  EXPECT_THAT(copied.out, HasSubstr("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"));
}

TEST_P(Artifact, AttachedFilesAreListedAndTheImageStays) {
  const auto image = make_image(":1");
  dray.write("sbom.json", "{}");
  const auto digest = line({"attach", at("app", ":1"), "sbom.json:application/spdx+json", "--annotation", "by=us"});
  EXPECT_EQ(line({"digest", at("app", ":1")}), image);
  EXPECT_EQ(
      ok({"manifest", "get", at("app", "@" + digest), "--jq", ".subject.digest, .artifactType, (.subject | keys[])"}),
      image + "\napplication/spdx+json\ndigest\nmediaType\nsize\n");
}

TEST_P(Artifact, AttachNeedsATypeAndAnImage) {
  make_image(":1");
  dray.write("scan.txt", "fine");
  const Outcome typeless = dray({"attach", at("app", ":1"), "scan.txt"});
  EXPECT_EQ(typeless.status, 2);
  EXPECT_THAT(typeless.err, HasSubstr("--artifact-type"));
  EXPECT_EQ(dray({"attach", at("app", ":2"), "scan.txt:text/plain"}).status, 3);
  EXPECT_EQ(dray({"attach", at("app", ":1"), "none.txt:text/plain"}).status, 3);
}

TEST_P(Artifact, PushRefusesWhatCannotBeAnArtifact) {
  dray.write("a.txt", "hello\n");
  EXPECT_EQ(dray({"artifact", "push", at("files", ":1")}).status, 2);
  EXPECT_EQ(dray({"artifact", "push", at("files", ":1"), "a.txt", "./a.txt"}).status, 2);
  EXPECT_EQ(dray({"artifact", "push", at("files", ":1"), "."}).status, 2);
  EXPECT_EQ(dray({"artifact", "push", at("files", ":1"), "a.txt", "--artifact-type", "nonsense"}).status, 2);
  EXPECT_EQ(dray({"digest", at("files", ":1")}).status, 3);
}

TEST_P(Artifact, PullWritesTheFilesThatWerePushed) {
  std::filesystem::create_directory(dray / "docs");
  const std::string model(20'000'000, 'm');
  dray.write("model.bin", model);
  dray.write("docs/a.txt", "hello\n");
  ok({"artifact", "push", at("files", ":1"), "model.bin", "docs/a.txt:text/plain"});
  EXPECT_THAT(ok({"artifact", "pull", at("files", ":1"), "to"}), HasSubstr("docs/a.txt"));
  EXPECT_EQ(files_below(dray / "to"), (std::vector<std::string>{"docs/a.txt", "model.bin"}));
  EXPECT_EQ(read_bytes(dray / "to/model.bin"), model);
  EXPECT_EQ(
      ok({"artifact", "pull", at("files", ":1"), "to", "--jq", ".files[].written, .bytesTransferred, .directory"}),
      "false\nfalse\n0\nto\n");
  dray.write("to/docs/a.txt", "mine");
  const Outcome kept = dray({"artifact", "pull", at("files", ":1"), "to"});
  EXPECT_EQ(kept.status, 1);
  EXPECT_THAT(kept.err, HasSubstr("--force"));
  EXPECT_EQ(read_bytes(dray / "to/docs/a.txt"), "mine");
  ok({"artifact", "pull", at("files", ":1"), "to", "--force"});
  EXPECT_EQ(read_bytes(dray / "to/docs/a.txt"), "hello\n");
}

TEST_P(Artifact, PullOfAnImageSaysWhatToDo) {
  make_image(":1");
  const Outcome outcome = dray({"artifact", "pull", at("app", ":1"), "to"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("dray pull"));
  EXPECT_FALSE(std::filesystem::exists(dray / "to"));
}

TEST_P(Artifact, WhatIsAttachedIsPulledByItsDigest) {
  make_image(":1");
  dray.write("sbom.json", "{\"bom\":1}");
  const auto digest = line({"attach", at("app", ":1"), "sbom.json:application/spdx+json"});
  ok({"artifact", "pull", at("app", "@" + digest), "to"});
  EXPECT_EQ(read_bytes(dray / "to/sbom.json"), "{\"bom\":1}");
}

INSTANTIATE_TEST_SUITE_P(Places, Artifact, ::testing::ValuesIn(change_places()), place_name);

}  // namespace
}  // namespace artifact_test
}  // namespace dray::testing
