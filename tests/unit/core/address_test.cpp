#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/address.hpp>

namespace dray {
namespace address_test {
namespace {

using testing::HasSubstr;

const std::string sha256 = "sha256:" + std::string(64, 'a');

struct Local {
  const char* name;
  std::string text;
  PlaceKind kind;
  std::string path;
  std::string place_name;
  std::string digest;
};

TEST(AddressParse, ReadsPlacesOnDisk) {
  using enum PlaceKind;
  const std::array rows{
      Local{"layout", "oci:out", oci_layout, "out", "", ""},
      Local{"layout and tag", "oci:out:v1", oci_layout, "out", "v1", ""},
      Local{"absolute layout", "oci:/srv/images:latest", oci_layout, "/srv/images", "latest", ""},
      Local{"digest", "oci:out@" + sha256, oci_layout, "out", "", sha256},
      Local{"tag and digest", "oci:out:v1@" + sha256, oci_layout, "out", "v1", sha256},
      Local{"colon before the last slash", "oci:/a:b/c", oci_layout, "/a:b/c", "", ""},
      Local{"colon before the last slash and a tag", "oci:/a:b/c:d", oci_layout, "/a:b/c", "d", ""},
      Local{"colon kept by a slash behind it", "oci:/a:b/", oci_layout, "/a:b/", "", ""},
      Local{"last of two colons", "oci:a:b:c", oci_layout, "a:b", "c", ""},
      Local{"at sign in a path", "oci:me@home/x", oci_layout, "me@home/x", "", ""},
      Local{"at sign in the last part", "oci:me@home:v1", oci_layout, "me@home", "v1", ""},
      Local{"digest's name in a folder's", "oci:x@" + sha256 + "/y", oci_layout, "x@" + sha256 + "/y", "", ""},
      Local{"blank and UTF-8", "oci:my \xe5\x9b\xbe:v1", oci_layout, "my \xe5\x9b\xbe", "v1", ""},
      Local{"parent folder", "oci:../out", oci_layout, "../out", "", ""},
      Local{"archive", "oci-archive:out.tar:v1", oci_archive, "out.tar", "v1", ""},
      Local{"archive and digest", "oci-archive:out.tar@" + sha256, oci_archive, "out.tar", "", sha256},
      Local{"docker archive", "docker-archive:out.tar", docker_archive, "out.tar", "", ""},
      Local{"docker archive and name", "docker-archive:out.tar:alpine", docker_archive, "out.tar", "alpine", ""},
      Local{"docker archive, name and tag", "docker-archive:/x/out.tar:alpine:3", docker_archive, "/x/out.tar",
            "alpine:3", ""},
      Local{"docker archive and full name", "docker-archive:out.tar:localhost:5000/a/b:1", docker_archive, "out.tar",
            "localhost:5000/a/b:1", ""},
      Local{"folder", "dir:out", directory, "out", "", ""},
      Local{"folder with a colon", "dir:/a:b", directory, "/a:b", "", ""},
      Local{"folder with a digest's name", "dir:a@" + sha256, directory, "a@" + sha256, "", ""},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto address = Address::parse(row.text);
    ASSERT_TRUE(address) << address.error().message();
    EXPECT_EQ(address->kind(), row.kind);
    EXPECT_EQ(address->path(), row.path);
    EXPECT_EQ(address->name().value_or(""), row.place_name);
    EXPECT_EQ(address->digest() ? address->digest()->text() : "", row.digest);
    EXPECT_EQ(address->text(), row.text);
  }
}

TEST(AddressParse, ReadsWhateverElseAsAReference) {
  for (const auto* text :
       {"alpine", "alpine:3", "mcr.microsoft.com/dotnet/runtime:7.0", "docker://alpine", "localhost:5000/x", "oci",
        "oci/app:1", "docker.io/library/oci:1", "docker-daemon:1", "docker://oci:5000/x",
        "docker://dir:1/x@sha256:"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    SCOPED_TRACE(text);
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << address.error().message();
    EXPECT_EQ(address->kind(), PlaceKind::registry);
    EXPECT_EQ(address->reference(), *Reference::parse(text));
    EXPECT_EQ(address->name(), address->reference().tag());
    EXPECT_EQ(address->digest(), address->reference().digest());
    EXPECT_EQ(*Address::parse(address->text()), *address);
  }
}

TEST(AddressParse, LetsAKnownSchemeWin) {
  EXPECT_EQ(Address::parse("oci:5000/x")->kind(), PlaceKind::oci_layout);
  EXPECT_EQ(Address::parse("dir:1")->kind(), PlaceKind::directory);
  EXPECT_EQ(Address::parse("docker://dir:1")->kind(), PlaceKind::registry);
}

struct Bad {
  const char* name;
  std::string text;
  const char* says;
};

TEST(AddressParse, RefusesWithAHint) {
  const std::array rows{
      Bad{"no path", "oci:", "no path stands behind 'oci:'"},
      Bad{"no path but a tag", "oci::v1", "no path stands behind 'oci:'"},
      Bad{"no path but a digest", "oci:@" + sha256, "no path stands behind 'oci:'"},
      Bad{"no archive", "docker-archive::alpine", "no path stands behind 'docker-archive:'"},
      Bad{"no folder", "dir:", "no path stands behind 'dir:'"},
      Bad{"empty tag", "oci:out:", "the tag behind ':' is empty"},
      Bad{"bad tag", "oci:C:.x", "written with a '/' behind it"},
      Bad{"tag with a bracket", "oci:a:b]", "letters, digits"},
      Bad{"bad digest", "oci:out@sha256:12", "has 2 hex digits"},
      Bad{"URL form", "oci://ghcr.io/x", "an image on a registry is written without a scheme"},
      Bad{"NUL", std::string("oci:a\0b", 7), "NUL"},
      Bad{"too long", "dir:" + std::string(4096, 'a'), "longer than 4095"},
      Bad{"bad reference in an archive", "docker-archive:x.tar:Alpine", "must be lowercase"},
      Bad{"digest in a docker archive", "docker-archive:x.tar:alpine@" + sha256, "not by a digest"},
      Bad{"absolute path", "/srv/out", "write 'oci:/srv/out' for an OCI layout"},
      Bad{"relative path", "./out", "write 'oci:./out' for an OCI layout"},
      Bad{"parent's path", "../out", "looks like a path"},
      Bad{"home's path", "~/out", "looks like a path"},
      Bad{"reference", "Alpine", "must be lowercase"},
      Bad{"nothing", "", "is empty"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto address = Address::parse(row.text);
    ASSERT_FALSE(address) << address->text();
    EXPECT_EQ(address.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(address.error().message(), HasSubstr(row.says));
  }
}

TEST(PlaceKindName, BeginsAnAddress) {
  EXPECT_EQ(name(PlaceKind::oci_layout), "oci");
  EXPECT_EQ(name(PlaceKind::oci_archive), "oci-archive");
  EXPECT_EQ(name(PlaceKind::docker_archive), "docker-archive");
  EXPECT_EQ(name(PlaceKind::directory), "dir");
  EXPECT_EQ(name(PlaceKind::registry), "docker");
}

}  // namespace
}  // namespace address_test
}  // namespace dray
