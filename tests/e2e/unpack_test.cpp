#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "program.hpp"
#include "served.hpp"

namespace dray::testing {
namespace unpack_test {
namespace {

using ::testing::HasSubstr;

/// Layers out of the files of packages that this machine has installed, with all that a tree can hold besides, made by
/// bash: each image is a folder of tars, the base first.
constexpr const char* make_images = R"sh(set -e
packages() { # TAR PACKAGE…
  local tar=$1; shift
  { dpkg -L "$@"; echo /usr/lib64; } | sort -u | while read -r path; do
    if [ -e "$path" ] || [ -L "$path" ]; then echo "$path"; fi
  done >"$tar.list"
  tar --create --file "$tar" --no-recursion --absolute-names --xattrs --xattrs-include='*' \
    --transform 's,^/,,' --files-from "$tar.list" 2>/dev/null
  rm "$tar.list"
}
whiteouts() { # TAR PATH… : empty files of these names
  local tar=$1 path; shift
  rm -rf w; mkdir w
  for path; do mkdir -p "w/$(dirname "$path")"; : >"w/$path"; done
  (cd w && tar --create --file "../$tar" --no-recursion "$@")
}
mkdir base python perl busybox upper
packages base/1.tar base-files base-passwd coreutils bash libc6 login passwd iputils-ping 2>/dev/null ||
  packages base/1.tar base-files base-passwd coreutils bash libc6 login passwd
cp base/1.tar python/1.tar; packages python/2.tar python3 python3-minimal libpython3-stdlib 2>/dev/null
cp base/1.tar perl/1.tar; packages perl/2.tar perl-base; packages perl/3.tar tar gzip findutils
mkdir -p b/bin b/lib b/run b/tmp b/etc b/deep/er
cp /bin/true b/bin/busybox
for name in cat echo env id; do ln b/bin/busybox b/bin/$name; ln -s busybox b/bin/s$name; done
ln -s bin b/sbin; chmod 1777 b/tmp; mkfifo b/run/fifo; chmod 4755 b/bin/busybox; echo one >b/etc/one
echo two >b/deep/er/two; ln b/etc/one b/deep/one; [ "$(id -u)" != 0 ] || mknod b/run/null c 1 3
[ "$(id -u)" != 0 ] || chown -R 12:34 b/etc
truncate -s 3M b/holes; head -c 200000 /dev/urandom >b/noise
tar --create --file busybox/1.tar --numeric-owner -C b --sort=name .
cp busybox/1.tar upper/1.tar
whiteouts upper/2.tar etc/.wh.one deep/er/.wh..wh..opq .wh.holes run/.wh.absent
rm -rf c; mkdir -p c/etc c/deep/er c/bin; echo new >c/deep/er/three; echo 2 >c/etc/one; ln c/etc/one c/etc/same
rm -rf c/tmp; ln -s ../run c/tmp; echo file >c/lib
tar --create --file upper/3.tar --numeric-owner -C c --sort=name etc deep bin tmp lib
mkdir -p d/bin d/sbin2; ln b/bin/busybox d/bin/extra; ln d/bin/extra d/bin/busybox
tar --create --file upper/4.tar --numeric-owner -C d bin
)sh";

/// Every path below a folder with all that one can ask about it.
constexpr const char* list_tree = R"sh(list() {
  (cd "$1" && stat -c '%a %u %g' . && find . -mindepth 1 -printf '%P|%y|%m|%U|%G|%T@|%l|%n' \( -type f -printf '|%s|' -exec sh -c 'sha256sum <"$1"' _ {} \; -o -printf '\n' \) | sort
   python3 -c '
import os
for at, folders, files in sorted(os.walk(".")):
    for name in sorted(folders + files):
        path = os.path.join(at, name)
        for key in sorted(os.listxattr(path, follow_symlinks=False)):
            if key.startswith("security.selinux"): continue
            print(path, key, os.getxattr(path, key, follow_symlinks=False).hex())
  ')
}
)sh";

class UnpackLikeUmoci : public ::testing::TestWithParam<const char*> {
 protected:
  Dray dray;
};

TEST_P(UnpackLikeUmoci, TheTreeIsTheSame) {
  // Owners and devices are a half of what is compared; a tree without them is the unit tests' matter (rootless).
  if (::geteuid() != 0) GTEST_SKIP() << "umoci keeps owners as root alone";
  const std::string image = GetParam();
  ASSERT_EQ(dray.shell(make_images).status, 0);
  const auto made = dray.shell("dray append oci:image:1 " + image + "/*.tar --platform linux/amd64");
  ASSERT_EQ(made.status, 0) << made.err;
  const auto theirs = dray.shell("umoci unpack --image image:1 theirs");
  ASSERT_EQ(theirs.status, 0) << theirs.err;
  const auto mine = dray({"unpack", "oci:image:1", "mine"});
  ASSERT_EQ(mine.status, 0) << mine.err;
  const auto differences = dray.shell(std::string(list_tree) + "diff <(list mine) <(list theirs/rootfs)");
  EXPECT_EQ(differences.status, 0) << differences.out.substr(0, 4000);
  EXPECT_THAT(dray.shell(std::string(list_tree) + "list mine | wc -l").out, ::testing::Ne("1\n"));

  // What is listed without unpacking is the same tree, and its files have the same bytes.
  const auto listed = dray.shell(R"sh(set -o pipefail
diff <(dray ls oci:image:1 -R --jq '.files[] | [.path,
         {"file": "f", "directory": "d", "symlink": "l", "fifo": "p", "character device": "c", "block device": "b"}[.type],
         (.mode | ltrimstr("0")), .uid, .gid, (.modified | fromdateiso8601), .target // "",
         if .type == "file" then .size, .links else 0, 0 end] | map(tostring) | join("|")' | sort) \
     <(cd mine && find . -mindepth 1 -printf '%P|%y|%m|%U|%G|%Ts|%l|' \( -type f -printf '%s|%n' -o -printf '0|0' \) -printf '\n' |
       sort)
)sh");
  EXPECT_EQ(listed.status, 0) << listed.out.substr(0, 4000) << listed.err;
  const auto bytes = dray.shell(R"sh(set -e
for path in $(cd mine && find . -type f -size +0 | sort | awk 'NR % 211 == 1'); do
  dray cat oci:image:1 "$path" | cmp - "mine/$path"
done)sh");
  EXPECT_EQ(bytes.status, 0) << bytes.out << bytes.err;

  // GNU tar makes the same tree of what is exported; without -P it makes links that climb at its very end.
  const auto exported = dray.shell(std::string(list_tree) + R"sh(set -e
dray export oci:image:1 all.tar && dray export oci:image:1 | cmp - all.tar
mkdir exported && tar --extract --absolute-names --file all.tar -C exported --same-owner --preserve-permissions --xattrs --xattrs-include='*'
diff <(list mine) <(list exported)
)sh");
  EXPECT_EQ(exported.status, 0) << exported.out.substr(0, 4000) << exported.err;
}

INSTANTIATE_TEST_SUITE_P(Images, UnpackLikeUmoci, ::testing::Values("base", "python", "perl", "busybox", "upper"),
                         [](const auto& row) { return std::string(row.param); });

TEST(UnpackProgram, MakesAFolderStraightFromARegistry) {
  const Dray dray;
  const Served served(dray, dray / "registry");
  dray.write("in/etc/motd", "hello\n");
  const auto image = served.host_port() + "/app:1";
  ASSERT_EQ(dray({"append", image, "in", "--platform", "linux/amd64"}).status, 0);
  const auto outcome = dray({"unpack", image, "out", "--platform", "linux/amd64"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 layer"));
  EXPECT_EQ(read_bytes(dray / "out/etc/motd"), "hello\n");
  EXPECT_FALSE(std::filesystem::exists(dray / ".out.dray-unpack"));
  EXPECT_EQ(dray({"unpack", image, "json", "--platform", "linux/amd64", "--jq", ".entries"}).out, "2\n");
}

TEST(ImageFilesProgram, ListAndPrintFilesOfAnImageOnARegistry) {
  const Dray dray;
  const Served served(dray, dray / "registry");
  dray.write("in/etc/motd", "hello\n");
  dray.write("in/etc/other", "other\n");
  std::filesystem::create_symlink("etc/motd", dray / "in/link");
  const auto image = served.host_port() + "/app:1";
  ASSERT_EQ(dray({"append", image, "in", "--platform", "linux/amd64"}).status, 0);
  const std::vector<std::string> here{"--platform", "linux/amd64"};
  EXPECT_EQ(dray({"ls", image, here[0], here[1]}).out, "etc\nlink\n");
  EXPECT_EQ(dray({"ls", image, "etc", here[0], here[1]}).out, "motd\nother\n");
  EXPECT_EQ(dray({"ls", image, "-R", here[0], here[1]}).out, "etc\netc/motd\netc/other\nlink\n");
  EXPECT_THAT(dray({"ls", image, "link", "-l", here[0], here[1]}).out, HasSubstr("link -> etc/motd"));
  EXPECT_EQ(dray({"cat", image, "/link", "etc/other", here[0], here[1]}).out, "hello\nother\n");
  const auto absent = dray({"cat", image, "/etc/none", here[0], here[1]});
  EXPECT_EQ(absent.status, 3);
  EXPECT_TRUE(is_one_sentence(absent.err)) << absent.err;
  const auto folder = dray({"cat", image, "/etc", here[0], here[1]});
  EXPECT_EQ(folder.status, 2);
  EXPECT_THAT(folder.err, HasSubstr("is a folder"));
}

TEST(UnpackProgram, SaysWhyItMakesNothing) {
  const Dray dray;
  dray.write("in/a", "a");
  ASSERT_EQ(dray({"append", "oci:image:1", "in", "--platform", "linux/amd64"}).status, 0);
  dray.write("full/mine", "mine");
  const auto full = dray({"unpack", "oci:image:1", "full"});
  EXPECT_NE(full.status, 0);
  EXPECT_TRUE(is_one_sentence(full.err)) << full.err;
  EXPECT_THAT(full.err, HasSubstr("absent or empty"));
  const auto absent = dray({"unpack", "oci:image:2", "out"});
  EXPECT_EQ(absent.status, 3);
  EXPECT_FALSE(std::filesystem::exists(dray / "out"));
  EXPECT_FALSE(std::filesystem::exists(dray / ".out.dray-unpack"));
}

}  // namespace
}  // namespace unpack_test
}  // namespace dray::testing
