// `dray append` of folders: the same digest each time, and what others make of the layer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "program.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace append_test {
namespace {

using ::testing::HasSubstr;

class AppendFolder : public ::testing::Test {
 protected:
  AppendFolder() {
    dray.write("root/bin/app", "#!/bin/sh\n");
    ::chmod((dray / "root/bin/app").c_str(), 0755);
    dray.write("root/etc/motd", "hello\n");
    std::filesystem::create_hard_link(dray / "root/etc/motd", dray / "root/etc/issue");
    std::filesystem::create_symlink("app", dray / "root/bin/link");
    std::filesystem::create_directories(dray / "root/var/empty");
    ::chmod((dray / "root/var/empty").c_str(), 01777);
  }
  std::string line(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out.substr(0, outcome.out.find('\n'));
  }
  std::string make(const std::string& image, const std::string& layer = "root", std::vector<std::string> more = {}) {
    std::vector<std::string> words{"append", image, layer, "--platform", "linux/amd64"};
    words.insert(words.end(), more.begin(), more.end());
    return line(words);
  }
  Outcome other(std::vector<std::string> words) const {
    return run({std::move(words), {{"HOME", dray.directory().string()}}, {}, dray.directory()});
  }
  /// Names, kinds, modes, link counts and sizes below a folder; sizes of folders are the disk's own matter.
  std::string tree(const std::string& folder) const {
    const Outcome outcome = other({"bash", "-c",
                                   "cd '" + folder +
                                       "' && find . -mindepth 1 -printf '%P %y %m %n %l ' "
                                       "\\( -type f -printf '%s\\n' -o -printf '\\n' \\) | LC_ALL=C sort"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  Dray dray;
};

TEST_F(AppendFolder, TwoRunsGiveOneDigest) {
  const auto first = make("oci:one:1");
  std::filesystem::last_write_time(dray / "root/etc/motd", std::filesystem::file_time_type::clock::now());
  EXPECT_EQ(make("oci:two:1"), first);
  dray.write("root/etc/motd", "other\n");
  EXPECT_NE(make("oci:three:1"), first);
}

TEST_F(AppendFolder, UmociUnpacksTheFolderAgain) {
  make("oci:made:1");
  const Outcome unpacked = other({"umoci", "unpack", "--rootless", "--image", "made:1", "bundle"});
  ASSERT_EQ(unpacked.status, 0) << unpacked.err;
  EXPECT_EQ(tree("bundle/rootfs"), tree("root"));
  const Outcome diff = other({"diff", "--recursive", "--no-dereference", "root", "bundle/rootfs"});
  EXPECT_EQ(diff.status, 0) << diff.out;
}

TEST_F(AppendFolder, LandsWhereItIsTold) {
  dray.write("base.tar", make_tar({TarEntry{"usr/name", "base"}}));
  line({"append", "oci:base:1", "base.tar", "--platform", "linux/amd64"});
  line({"append", "oci:app:1", "root:/usr/local/", "--base", "oci:base:1"});
  EXPECT_EQ(line({"layers", "oci:app:1", "--jq", ".layers[1].createdBy"}), "dray append root to /usr/local");
  const auto layer = line({"layers", "oci:app:1", "--jq", ".layers[1].digest"});
  const Outcome listed =
      other({"bash", "-c", "tar --list --gzip --file " + blob_in_layout("app", layer).string() + " | head -3"});
  EXPECT_EQ(listed.out, "usr/local/bin/\nusr/local/bin/app\nusr/local/bin/link\n");
}

TEST_F(AppendFolder, TimesEndAtTheOneThatIsGiven) {
  const auto none = make("oci:app:none");
  const auto given = make("oci:app:given", "root", {"--timestamp", "2001-09-09T01:46:40Z"});
  EXPECT_NE(given, none);
  EXPECT_EQ(make("oci:app:seconds", "root", {"--timestamp", "1000000000"}), given);
  dray.set_environment("SOURCE_DATE_EPOCH", "1000000000");
  EXPECT_EQ(make("oci:app:epoch"), given);
  EXPECT_EQ(make("oci:app:zero", "root", {"--timestamp", "0"}), none);
  dray.set_environment("SOURCE_DATE_EPOCH", "yesterday");
  const Outcome wrong = dray({"append", "oci:app:wrong", "root", "--platform", "linux/amd64"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("SOURCE_DATE_EPOCH"));
}

TEST_F(AppendFolder, MistakesAreSaidAndMakeNoImage) {
  for (const auto& more : {std::vector<std::string>{"root", "--timestamp", "-1"},
                           {"root", "--timestamp", "2001-02-30T00:00:00Z"},
                           {"root:/../etc"},
                           {"base.tar", "--keep-owner"}}) {
    dray.write("base.tar", make_tar({TarEntry{"usr/name", "base"}}));
    std::vector<std::string> words{"append", "oci:bad:1", "--platform", "linux/amd64"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = dray(words);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
  dray.write("root/.wh.gone", "");
  const Outcome whiteout = dray({"append", "oci:bad:1", "root", "--platform", "linux/amd64"});
  EXPECT_EQ(whiteout.status, 2);
  EXPECT_THAT(whiteout.err, HasSubstr(".wh.gone"));
  EXPECT_EQ(dray({"digest", "oci:bad:1"}).status, 3);
}

// A full disk where the layer is collected, and where it is stored.
TEST_F(AppendFolder, AFullDiskLeavesNoImage) {
  dray.write("root/large", std::string(256UL * 1024, 'x'));
  const Outcome outcome = other({"bash", "-c",
                                 "trap '' XFSZ; ulimit -f 64; exec '" + dray.command({}).words.front() +
                                     "' append oci:full:1 root --platform linux/amd64 --compress none"});
  EXPECT_EQ(outcome.status, 8) << outcome.err;
  EXPECT_EQ(dray({"digest", "oci:full:1"}).status, 3);
}

}  // namespace
}  // namespace append_test
}  // namespace dray::testing
