// `dray index add|remove|filter`, in every kind of place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change_places.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace index_test {
namespace {

using ::testing::HasSubstr;

class ChangeIndex : public InEachPlace {
 protected:
  std::string make(const std::string& image, const std::string& platform) {
    dray.write("layer.tar", make_tar({TarEntry{"etc/name", image}}));
    return line({"append", image, "layer.tar", "--platform", platform});
  }
  void make_index() {
    amd64 = make(at("app", ":amd64"), "linux/amd64");
    arm64 = make(at("app", ":arm64"), "linux/arm64");
    ok({"index", "create", at("app", ":1"), at("app", ":amd64"), at("app", ":arm64"), "--annotation", "own=kept"});
  }
  std::string listed() { return ok({"inspect", at("app", ":1"), "--quick", "--jq", ".manifests[].digest"}); }

  std::string amd64;
  std::string arm64;
};

TEST_P(ChangeIndex, ImagesComeFromAnyPlaceAndGo) {
  make_index();
  const auto riscv64 = make("oci:elsewhere:riscv64", "linux/riscv64");
  const auto other = make(at("other", ":s390x"), "linux/s390x");
  const auto now = line({"index", "add", at("app", ":1"), "oci:elsewhere:riscv64", at("other", ":s390x")});
  EXPECT_EQ(line({"digest", at("app", ":1")}), now);
  EXPECT_EQ(listed(), amd64 + "\n" + arm64 + "\n" + riscv64 + "\n" + other + "\n");
  ok({"copy", at("app", ":1"), "oci:whole:1"});  // with all that it needs
  EXPECT_EQ(ok({"index", "remove", at("app", ":1"), "--platform", "linux/riscv64", "--digest", other, "--jq",
                ".was, .removed[].platform.architecture"}),
            now + "\nriscv64\ns390x\n");
  EXPECT_EQ(listed(), amd64 + "\n" + arm64 + "\n");
  ok({"index", "filter", at("app", ":1"), "--platform", "linux/arm64"});
  EXPECT_EQ(listed(), arm64 + "\n");
  EXPECT_EQ(ok({"inspect", at("app", ":1"), "--quick", "--jq", ".annotations.own"}), "kept\n");
}

TEST_P(ChangeIndex, OnePlatformIsReplaced) {
  make_index();
  const auto newer = make("oci:elsewhere:amd64", "linux/amd64");
  const Outcome refused = dray({"index", "add", at("app", ":1"), "oci:elsewhere:amd64"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_TRUE(is_one_sentence(refused.err)) << refused.err;
  ok({"index", "add", "--replace", at("app", ":1"), "oci:elsewhere:amd64", "--entry-annotation", "a=b"});
  EXPECT_EQ(listed(), newer + "\n" + arm64 + "\n");
  EXPECT_EQ(ok({"inspect", at("app", ":1"), "--quick", "--jq", ".manifests[0].annotations.a"}), "b\n");
}

TEST_P(ChangeIndex, ThePlatformIsTheOneThatIsSaid) {
  make_index();
  make("oci:elsewhere:x", "linux/amd64");
  ok({"index", "add", at("app", ":1"), "oci:elsewhere:x", "--platform", "linux/ppc64le"});
  EXPECT_EQ(ok({"inspect", at("app", ":1"), "--quick", "--jq", ".manifests[2].platform.architecture"}), "ppc64le\n");
}

TEST_P(ChangeIndex, MistakesChangeNothing) {
  make_index();
  const auto before = line({"digest", at("app", ":1")});
  struct Row {
    std::vector<std::string> words;
    int status;
  };
  for (const auto& row : {Row{{"index", "filter", at("app", ":1")}, 2}, Row{{"index", "remove", at("app", ":1")}, 2},
                          Row{{"index", "remove", at("app", "@" + before), "--platform", "linux"}, 2},
                          Row{{"index", "remove", at("app", ":1"), "--platform", "linux"}, 2},
                          Row{{"index", "filter", at("app", ":1"), "--platform", "windows"}, 3},
                          Row{{"index", "add", at("app", ":1"), "oci:none:1"}, 3},
                          Row{{"index", "filter", at("app", ":amd64"), "--platform", "linux"}, 2}}) {
    const Outcome outcome = dray(row.words);
    EXPECT_EQ(outcome.status, row.status) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_EQ(line({"digest", at("app", ":1")}), before);
  }
  const Outcome nothing = dray({"index", "filter", at("app", ":1"), "--platform", "linux"});
  EXPECT_EQ(nothing.out, before + "\n");
  EXPECT_THAT(nothing.err, HasSubstr("nothing was to change"));
}

INSTANTIATE_TEST_SUITE_P(Places, ChangeIndex, ::testing::ValuesIn(change_places()), place_name);

}  // namespace
}  // namespace index_test
}  // namespace dray::testing
