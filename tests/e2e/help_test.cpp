// What the program says about itself, and to those who mistype.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace dray::testing {
namespace help_test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class EachCommand : public ::testing::TestWithParam<const char*> {};

std::vector<std::string> words_of(const std::string& text) {
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return {text};
  return {text.substr(0, blank), text.substr(blank + 1)};
}

TEST_P(EachCommand, HelpOpensWithAnExample) {
  const Dray dray;
  auto words = words_of(GetParam());
  words.emplace_back("--help");
  const Outcome outcome = dray(words);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, StartsWith("  dray " + std::string(GetParam())));
  EXPECT_THAT(outcome.out, HasSubstr("Usage: dray " + std::string(GetParam())));
}

TEST_P(EachCommand, WrongOptionIsUsage) {
  const Dray dray;
  auto words = words_of(GetParam());
  words.emplace_back("--no-such-option");
  const Outcome outcome = dray(words);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST_P(EachCommand, IsInTheOverview) {
  const Dray dray;
  EXPECT_THAT(dray({"--help"}).out, HasSubstr("\n  " + std::string(GetParam()) + " "));
}

INSTANTIATE_TEST_SUITE_P(Help, EachCommand,
                         ::testing::Values("inspect", "tags", "catalog", "digest", "resolve", "config", "layers",
                                           "manifest get", "manifest head", "manifest put", "manifest delete",
                                           "blob get", "blob head", "blob put", "blob delete", "blob locate", "api",
                                           "pull", "push", "copy", "sync", "unpack", "ls", "cat", "export", "cache ls",
                                           "cache prune", "convert", "append", "index create", "index add",
                                           "index remove", "index filter", "edit", "artifact push", "artifact pull",
                                           "attach", "referrers", "tag", "delete", "login", "logout", "auth explain",
                                           "auth token", "auth get"),
                         [](const auto& row) {
                           std::string name = row.param;
                           for (char& c : name) c = c == ' ' ? '_' : c;
                           return name;
                         });

struct Mistake {
  const char* name;
  std::vector<std::string> words;
  const char* says;
};

class Usage : public ::testing::TestWithParam<Mistake> {};

TEST_P(Usage, IsStatusTwoAndOneSentence) {
  const Dray dray;
  const Outcome outcome = dray(GetParam().words);
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Help, Usage,
    ::testing::Values(
        Mistake{"UnknownCommand", {"frobnicate"}, "`dray --help` lists them"},
        Mistake{
            "UnknownSecondWord", {"blob", "frobnicate"}, "no command 'blob frobnicate'; `dray blob --help` lists them"},
        Mistake{"AlmostACommand", {"inspct", "alpine"}, "did you mean `dray inspect`?"},
        Mistake{"AlmostATwoWordCommand", {"manifest", "gte", "alpine"}, "did you mean `dray manifest get`?"},
        Mistake{"NoImage", {"inspect"}, "IMAGE"}, Mistake{"TwoImages", {"inspect", "a", "b"}, "`dray inspect --help`"},
        Mistake{"HashForAt",
                {"inspect", "busybox#sha256:2605a2c4875ce5eb27a9f7403263190cd1af31e48a2044d400320548356251c4"},
                "did you mean '@'?"},
        Mistake{"UpperCase", {"inspect", "Alpine"}, "lower"},
        Mistake{"UnknownFormat", {"inspect", "alpine", "--format", "yaml"}, "table, json or raw"},
        Mistake{"JqOfATable", {"inspect", "alpine", "--jq", ".", "--format", "table"}, "--jq works on JSON"},
        Mistake{"BadPlatform", {"resolve", "alpine", "--platform", "linux/"}, "linux/"},
        Mistake{"TwoPlatforms",
                {"resolve", "alpine", "--platform", "linux/amd64", "--platform", "linux/arm64"},
                "--platform"},
        Mistake{"AlmostAnOption", {"inspect", "--platfrm", "linux/arm64", "alpine"}, "did you mean '--platform'?"},
        Mistake{"JobsOfACommandThatMovesNothing", {"inspect", "alpine", "--jobs", "abc"}, "from 1 to"},
        Mistake{"UnknownProgress", {"inspect", "alpine", "--progress", "loud"}, "auto, plain or none"},
        Mistake{"CertificatesThatAreNotThere",
                {"inspect", "alpine", "--cacert", "nowhere.pem"},
                "--cacert: cannot read nowhere.pem"},
        Mistake{"CredentialsThatAreNotThere",
                {"inspect", "alpine", "--authfile", "nowhere.json"},
                "--authfile: cannot read nowhere.json"},
        Mistake{"NoJobs", {"pull", "alpine", "--jobs", "0"}, "from 1 to"},
        Mistake{"PushToAFolder", {"push", "oci:a", "oci:b"}, "dray copy"},
        Mistake{"PushFromARegistry", {"push", "app:1", "localhost:5000/app:1"}, "write 'oci:app:1'"},
        Mistake{"OptionBeforeTheCommand", {"--trace", "inspect", "alpine"}, "options follow it"},
        Mistake{"BlobByTag", {"blob", "head", "alpine:3"}, "by its digest"},
        Mistake{"DeleteWithoutTag", {"delete", "localhost:5000/app"}, "say which tag"},
        Mistake{"ApiWithoutVersion", {"api", "GET", "localhost:5000/x"}, "REGISTRY/v2/"}),
    [](const auto& row) { return row.param.name; });

TEST(Help, NothingTypedShowsTheOverview) {
  const Dray dray;
  const Outcome outcome = dray({});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, StartsWith("dray: container images"));
  EXPECT_THAT(dray({"version"}).out, StartsWith("dray 0."));
}

TEST(Help, NameThatReadsAsAnotherGetsAHint) {
  Dray dray;
  dray.set_environment("https_proxy", "http://127.0.0.1:1");  // nobody listens there, so the world is out of reach
  const Outcome outcome = dray({"digest", "localhost:5000"});
  EXPECT_EQ(outcome.status, 6) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("to mean a registry, write 'localhost:5000/REPOSITORY'"));
}

TEST(Help, HalfACommandListsItsOthers) {
  const Dray dray;
  const Outcome outcome = dray({"manifest"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("manifest get"));
}

}  // namespace
}  // namespace help_test
}  // namespace dray::testing
