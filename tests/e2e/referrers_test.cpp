// What refers to an image: listed, and copied along with it, in every kind of place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_places.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace referrers_test {
namespace {

using ::testing::HasSubstr;

class ReferrersOf : public InEachPlace {
 protected:
  ReferrersOf() {
    dray.write("root.tar", make_tar({TarEntry{"etc/name", "app"}}));
    image = line({"append", at("app", ":1"), "root.tar", "--platform", "linux/amd64"});
    dray.write("sbom.json", "{}");
    sbom = line({"attach", at("app", ":1"), "sbom.json:application/spdx+json", "--annotation", "by=us"});
    dray.write("sbom.sig", "signed");
    signature = line({"attach", at("app", "@" + sbom), "sbom.sig:application/vnd.example.signature"});
  }
  std::string list(const std::string& place, const std::string& expression) {
    return ok({"referrers", place, "--jq", expression});
  }
  [[nodiscard]] std::string cosign_tag(std::string_view ending) const {
    return "sha256-" + image.substr(7) + std::string(ending);
  }
  /// The whole tree of the image at a place.
  void expect_tree(const std::string& place) {
    EXPECT_EQ(list(place,
                   ".subject.digest, .count, .referrers[].digest, .referrers[].artifactType, "
                   ".referrers[].annotations.by, .referrers[].referrers[].digest"),
              image + "\n2\n" + sbom + "\napplication/spdx+json\nus\n" + signature + "\n");
  }

  std::string image;
  std::string sbom;
  std::string signature;
};

TEST_P(ReferrersOf, AreATree) {
  expect_tree(at("app", ":1"));
  const auto table = ok({"referrers", at("app", ":1")});
  EXPECT_THAT(table, HasSubstr("└─ application/spdx+json"));
  EXPECT_THAT(table, HasSubstr("   └─ application/vnd.example.signature"));
  EXPECT_THAT(table, HasSubstr("by=us"));
}

TEST_P(ReferrersOf, AreChosenByTypeAndDepth) {
  EXPECT_EQ(ok({"referrers", at("app", ":1"), "--depth", "1", "--jq", ".count"}), "1\n");
  EXPECT_EQ(ok({"referrers", at("app", ":1"), "--artifact-type", "application/spdx+json", "--jq", ".count"}), "2\n");
  EXPECT_EQ(ok({"referrers", at("app", ":1"), "--artifact-type", "text/plain", "--jq", ".count"}), "0\n");
  EXPECT_EQ(dray({"referrers", at("app", ":1"), "--depth", "0"}).status, 2);
  EXPECT_EQ(dray({"referrers", at("app", ":none")}).status, 3);
}

TEST_P(ReferrersOf, GoAlongToALayoutAndBack) {
  EXPECT_THAT(ok({"pull", at("app", ":1"), "oci:copied:1", "--referrers"}), HasSubstr("2 referrers"));
  expect_tree("oci:copied:1");
  EXPECT_THAT(ok({"copy", "oci:copied:1", at("other", ":1"), "--referrers"}), HasSubstr("2 referrers"));
  expect_tree(at("other", ":1"));
  EXPECT_THAT(ok({"copy", at("app", ":1"), at("other", ":1"), "--referrers"}), HasSubstr("2 already there"));
}

TEST_P(ReferrersOf, StayWhereNobodyAsks) {
  ok({"copy", at("app", ":1"), at("other", ":1")});
  EXPECT_EQ(list(at("other", ":1"), ".count"), "0\n");
}

TEST_P(ReferrersOf, AreCountedInADryRun) {
  EXPECT_EQ(ok({"copy", at("app", ":1"), "oci:copied:1", "--referrers", "--dry-run", "--jq",
                ".referrers.copied, .referrers.tags, .manifests"}),
            "2\n0\n3\n");
  EXPECT_FALSE(std::filesystem::exists(dray / "copied"));
}

TEST_P(ReferrersOf, CosignsTagsGoAlongAndAreListed) {
  dray.write("payload", "signature");
  ok({"artifact", "push", at("app", ":" + cosign_tag(".sig")), "payload"});
  EXPECT_THAT(ok({"referrers", at("app", ":1")}), HasSubstr("cosign signature"));
  EXPECT_THAT(ok({"copy", at("app", ":1"), "oci:copied:1", "--referrers"}), HasSubstr("1 cosign tag"));
  EXPECT_EQ(line({"digest", "oci:copied:" + cosign_tag(".sig")}),
            line({"digest", at("app", ":" + cosign_tag(".sig"))}));
}

TEST_P(ReferrersOf, GoAlongWithAllTagsAlsoWhenTheImageIsThere) {
  ok({"copy", at("app", ":1"), "oci:copied:1"});
  const auto report = ok({"copy", "--all-tags", at("app", ""), "oci:copied", "--referrers", "--jq",
                          ".tags[] | [.tag, .outcome, .referrers.copied]"});
  EXPECT_EQ(report, "[\"1\",\"unchanged\",2]\n");
  expect_tree("oci:copied:1");
}

TEST_P(ReferrersOf, GoAlongInASync) {
  dray.write("mirror.yml", "version: 1\ndefaults: {referrers: true}\nsync:\n  - source: '" + at("app", "") +
                               "'\n    destination: oci:copied\n");
  EXPECT_THAT(ok({"sync", "mirror.yml", "--plan"}), HasSubstr("2 referrers"));
  ok({"sync", "mirror.yml", "--state", "state.json"});
  expect_tree("oci:copied:1");
  dray.write("scan.txt", "fine");
  const auto scan = line({"attach", at("app", ":1"), "scan.txt:text/plain"});
  ok({"sync", "mirror.yml", "--state", "state.json"});
  EXPECT_THAT(list("oci:copied:1", ".referrers[].digest"), HasSubstr(scan));
}

INSTANTIATE_TEST_SUITE_P(Places, ReferrersOf, ::testing::ValuesIn(change_places()), place_name);

}  // namespace
}  // namespace referrers_test
}  // namespace dray::testing
