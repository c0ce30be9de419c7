// The folder of skopeo's `dir:`, written by one program and read by the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace dir_test {
namespace {

using ::testing::HasSubstr;

class Dir : public ::testing::Test {
 protected:
  Dir() {
    write_layout(dray / "index", index, "v");
    write_layout(dray / "image", image, "v");
  }

  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] std::string place(const std::string& kind, const std::string& name) const {
    return kind + ":" + (dray / name).string();
  }
  void skopeo_copy(const std::string& from, const std::string& to) const {
    const Outcome outcome = skopeo({"copy", "--all", "--quiet", "--preserve-digests", from, to});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  void expect_same_files(const std::string& mine, const std::string& theirs) const {
    EXPECT_EQ(files_below(dray / mine), files_below(dray / theirs));
    for (const auto& name : files_below(dray / theirs)) {
      EXPECT_EQ(read_bytes(dray / mine / name), read_bytes(dray / theirs / name)) << name;
    }
  }

  Dray dray;
  Index index = make_multi_platform(Format::oci);
  Image image = make_layered(3, 300'000, Format::docker);
};

TEST_F(Dir, FilesAreThoseThatSkopeoWrites) {
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(place("oci", "index") + ":v", place("dir", "theirs")));
  EXPECT_EQ(ok({"copy", "oci:index:v", "dir:mine", "--jq", ".digest"}), index.manifest.digest + "\n");
  expect_same_files("mine", "theirs");
}

TEST_F(Dir, DockerImageKeepsItsManifest) {
  McrTwin twin;
  twin.add("image", "v", image);
  EXPECT_EQ(ok({"pull", twin.host_port() + "/image:v", "dir:mine", "--jq", ".digest"}), image.manifest.digest + "\n");
  EXPECT_EQ(read_bytes(dray / "mine/manifest.json"), *image.manifest.bytes);
  const Outcome raw = skopeo({"inspect", "--raw", place("dir", "mine")});
  EXPECT_EQ(raw.out, *image.manifest.bytes) << raw.err;
  EXPECT_EQ(ok({"digest", "dir:mine"}), image.manifest.digest + "\n");
}

TEST_F(Dir, SkopeoReadsWhatDrayWrote) {
  ok({"copy", "oci:index:v", "dir:mine"});
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(place("dir", "mine"), place("oci", "back") + ":v"));
  expect_same_blobs(dray / "back", dray / "index");
}

TEST_F(Dir, DrayReadsWhatSkopeoWrote) {
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(place("oci", "index") + ":v", place("dir", "theirs")));
  EXPECT_EQ(ok({"copy", "dir:theirs", "oci:back:v", "--jq", ".digest"}), index.manifest.digest + "\n");
  expect_same_blobs(dray / "back", dray / "index");
  EXPECT_EQ(ok({"tags", "dir:theirs"}), "latest\n");
  EXPECT_EQ(ok({"inspect", "dir:theirs", "--jq", ".digest"}), index.manifest.digest + "\n");
}

TEST_F(Dir, SkopeoAndDrayReplaceEachOthersImages) {
  ok({"copy", "oci:image:v", "dir:one"});
  ASSERT_NO_FATAL_FAILURE(skopeo_copy(place("oci", "index") + ":v", place("dir", "one")));
  EXPECT_EQ(ok({"digest", "dir:one"}), index.manifest.digest + "\n");
  ok({"copy", "oci:image:v", "dir:one"});
  ok({"copy", "oci:image:v", "dir:fresh"});
  expect_same_files("one", "fresh");
}

TEST_F(Dir, SignaturesOfTheSameImageStay) {
  ok({"copy", "oci:image:v", "dir:signed"});
  dray.write("signed/signature-1", "by somebody");
  ok({"copy", "oci:image:v", "dir:signed"});
  ok({"copy", "dir:signed", "oci:elsewhere:v"});
  EXPECT_EQ(read_bytes(dray / "signed/signature-1"), "by somebody");
}

TEST_F(Dir, ForeignFolderIsRefusedAndAbsentOneIsNotMadeByAPlan) {
  dray.write("precious/thesis.txt", "mine");
  const Outcome refused = dray({"copy", "oci:image:v", "dir:precious"});
  EXPECT_NE(refused.status, 0);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("holds other things"));
  EXPECT_EQ(files_below(dray / "precious"), std::vector<std::string>{"thesis.txt"});
  ok({"copy", "oci:image:v", "dir:plan", "--dry-run"});
  EXPECT_FALSE(std::filesystem::exists(dray / "plan"));
}

}  // namespace
}  // namespace dir_test
}  // namespace dray::testing
