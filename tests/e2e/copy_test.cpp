// What copy's options do between real registries and disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
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

}  // namespace
}  // namespace dray::testing
