// What copy's options do between real registries and disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace copy_test {
namespace {

using ::testing::HasSubstr;

class CopyOptions : public ::testing::Test {
 protected:
  CopyOptions() { write_layout(dray / "source", index, "v"); }

  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  Dray dray;
  Index index = make_multi_platform(Format::oci);
};

TEST_F(CopyOptions, SparseKeepsTheDigestInALayout) {
  const auto& arm64 = index.images[2];
  EXPECT_EQ(ok({"copy", "oci:source:v", "oci:sparse:v", "--sparse", "--platform", "linux/arm64", "--jq", ".digest"}),
            index.manifest.digest + "\n");
  // The index, the image, its config and its layers.
  EXPECT_EQ(files_below(dray / "sparse/blobs").size(), 3 + arm64.layers.size());
  EXPECT_EQ(ok({"digest", "oci:sparse:v", "--platform", "linux/arm64"}), arm64.manifest.digest + "\n");
}

TEST_F(CopyOptions, SparseIsTakenByOurRegistryWhenItIsToldSo) {
  const Served registry(dray, dray / "registry", {}, {"--sparse-indexes"});
  const auto to = registry.host_port() + "/app:v";
  const auto& arm64 = index.images[2];
  EXPECT_EQ(ok({"push", "oci:source:v", to, "--sparse", "--platform", "linux/arm64", "--jq", ".digest"}),
            index.manifest.digest + "\n");
  const Outcome theirs =
      skopeo({"copy", "--quiet", "--override-os=linux", "--override-arch=arm64", "--override-variant=v8",
              "--src-tls-verify=false", "docker://" + to, "dir:" + (dray / "theirs").string()});
  ASSERT_EQ(theirs.status, 0) << theirs.err;
  EXPECT_EQ(read_bytes(dray / "theirs/manifest.json"), *arm64.manifest.bytes);
}

TEST_F(CopyOptions, ARefusedSparseIndexIsExplained) {
  const Served ours(dray, dray / "registry");
  const DockerRegistry debians;
  for (const auto& host : {ours.host_port(), debians.host_port()}) {
    const Outcome outcome = dray({"push", "oci:source:v", host + "/app:v", "--sparse", "--platform", "linux/arm64"});
    EXPECT_NE(outcome.status, 0) << host;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("left out (sparse)"));
    EXPECT_EQ(dray({"digest", host + "/app:v"}).status, 3) << "a tag was set all the same";
  }
}

TEST_F(CopyOptions, SparseWithoutPlatformIsAWrongWord) {
  const Outcome outcome = dray({"copy", "oci:source:v", "oci:sparse:v", "--sparse"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--platform"));
  EXPECT_TRUE(files_below(dray / "sparse").empty());
}

TEST_F(CopyOptions, AnotherDigestIsShownWithItsReason) {
  const auto out = ok({"copy", "oci:source:v", "oci:one:v", "--platform", "linux/arm64"});
  EXPECT_THAT(out, HasSubstr(index.manifest.digest));
  EXPECT_THAT(out, HasSubstr(index.images[2].manifest.digest));
  EXPECT_THAT(out, HasSubstr("linux/arm64 was chosen"));
  EXPECT_EQ(ok({"copy", "oci:source:v", "oci:two:v", "--platform", "linux/arm64", "--platform", "linux/amd64", "--jq",
                ".reasons[]"}),
            "2 of the index's 5 entries were chosen: a new index lists them\n");
}

/// The lines of an output, whose order is the registry's.
std::multiset<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::multiset<std::string> all;
  for (std::string line; std::getline(stream, line);) all.insert(line);
  return all;
}

class AllTags : public CopyOptions {
 protected:
  AllTags() {
    for (const auto* tag : {"1.0", "1.1", "1.1-rc1", "latest"}) ok({"push", "oci:source:v", at("app:") + tag});
    write_layout(dray / "other", make_layered(2, 50'000), "v");
    ok({"push", "oci:other:v", at("app:2.0")});
  }
  [[nodiscard]] std::string at(std::string_view name) const { return registry.host_port() + "/" + std::string(name); }

  DockerRegistry registry;
};

TEST_F(AllTags, GoToAnotherRegistryAndCostNothingTheNextTime) {
  const Served ours(dray, dray / "registry");
  const auto to = ours.host_port() + "/mirror";
  const auto out = ok({"copy", "--all-tags", at("app"), to});
  EXPECT_THAT(out, HasSubstr("5 tags: 5 copied"));
  EXPECT_EQ(lines(ok({"tags", to})), lines(ok({"tags", at("app")})));
  EXPECT_THAT(ok({"copy", "--all-tags", at("app"), to}), HasSubstr("5 tags: 5 unchanged; 0 bytes"));
  const Outcome theirs = skopeo({"copy", "--all", "--quiet", "--preserve-digests", "--src-tls-verify=false",
                                 "docker://" + to + ":latest", "oci:" + (dray / "theirs").string() + ":v"});
  ASSERT_EQ(theirs.status, 0) << theirs.err;
  expect_same_blobs(dray / "theirs", dray / "source");
}

TEST_F(AllTags, AreChosenByPatterns) {
  const std::multiset<std::string> wanted = {"1.0", "1.1", "latest"};
  EXPECT_EQ(lines(ok({"pull", "--all-tags", "--include", R"(1\..*)", "--include", "latest", "--exclude", ".*-rc.*",
                      at("app"), "pulled", "--jq", ".tags[].tag"})),
            wanted);
  EXPECT_EQ(lines(ok({"tags", "oci:pulled"})), wanted);
  EXPECT_EQ(ok({"push", "--all-tags", "pulled", at("back"), "--jq", ".tags[].outcome"}), "copied\ncopied\ncopied\n");
  EXPECT_EQ(ok({"digest", at("back:1.1")}), index.manifest.digest + "\n");
}

TEST_F(AllTags, WithoutOneThatIsWantedIsNotFound) {
  const Outcome outcome = dray({"pull", "--all-tags", "--include", "3.*", at("app"), "pulled"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_TRUE(files_below(dray / "pulled").empty());
}

TEST_F(AllTags, OneThatFailsIsToldAndTheOthersAreCopied) {
  const auto broken = index.images[0].manifest.digest.substr(7);
  const auto shared = registry.storage() / "docker/registry/v2/blobs/sha256" / broken.substr(0, 2) / broken;
  ASSERT_GT(std::filesystem::remove_all(shared), 0U);
  const Outcome outcome = dray({"copy", "--all-tags", at("app"), "oci:copied"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("5 tags: 1 copied, 4 failed"));
  EXPECT_THAT(outcome.err, HasSubstr("4 tags of 5 failed"));
  EXPECT_EQ(ok({"tags", "oci:copied"}), "2.0\n");
}

TEST_F(AllTags, DryRunTellsTheBytesOfAllAndMovesNothing) {
  const auto planned = ok({"copy", "--all-tags", "--dry-run", at("app"), "oci:copied", "--jq", ".bytesPlanned"});
  EXPECT_TRUE(files_below(dray / "copied").empty());
  EXPECT_EQ(ok({"copy", "--all-tags", at("app"), "oci:copied", "--jq", ".bytesTransferred"}), planned);
  EXPECT_EQ(ok({"copy", "--all-tags", "--dry-run", at("app"), "oci:copied", "--jq", ".bytesPlanned"}), "0\n");
}

TEST_F(AllTags, NoClobberKeepsWhatIsThere) {
  ok({"push", "oci:other:v", at("mirror:latest")});
  const auto out = ok({"copy", "--all-tags", "--no-clobber", at("app"), at("mirror")});
  EXPECT_THAT(out, HasSubstr("5 tags: 4 copied, 1 kept"));
  EXPECT_EQ(ok({"digest", at("mirror:latest")}), ok({"digest", at("app:2.0")}));
  EXPECT_THAT(ok({"copy", "--no-clobber", at("app:latest"), at("mirror:latest")}), HasSubstr("Kept"));
  EXPECT_EQ(ok({"copy", "--no-clobber", at("app:latest"), at("mirror:new"), "--jq", ".kept"}), "false\n");
  EXPECT_EQ(ok({"copy", "--no-clobber", at("app:2.0"), at("mirror:new"), "--jq", ".kept"}), "true\n");
}

TEST_F(AllTags, WrongWordsAreRefused) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"copy", "--include", "1", at("app:1.0"), "oci:x"},
                                             {"copy", "--all-tags", at("app:1.0"), "oci:x"},
                                             {"copy", "--all-tags", at("app"), "oci:x:tag"},
                                             {"copy", "--all-tags", "--include", "(", at("app"), "oci:x"}}) {
    const Outcome outcome = dray(words);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
  EXPECT_TRUE(files_below(dray / "x").empty());
}

}  // namespace
}  // namespace copy_test
}  // namespace dray::testing
