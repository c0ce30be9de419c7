#include "command.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dray::cli {
namespace command_test {
namespace {

std::vector<std::string> words(std::initializer_list<const char*> list) { return {list.begin(), list.end()}; }

const Command& command(std::initializer_list<const char*> name) {
  const auto found = find_command(words(name));
  EXPECT_NE(found.command, nullptr);
  return *found.command;
}

TEST(Commands, EachOpensItsHelpWithAnExampleOfItself) {
  for (const auto& each : commands()) {
    ASSERT_FALSE(each.examples.empty()) << each.name;
    EXPECT_TRUE(each.examples.front().line.starts_with("dray " + std::string(each.name))) << each.name;
    EXPECT_EQ(command_help(each).rfind("  dray " + std::string(each.name), 0), 0U) << each.name;
  }
}

TEST(Commands, HaveDistinctNamesAndOptions) {
  std::set<std::string_view> names;
  for (const auto& each : commands()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    std::set<std::string> options;
    for (const auto& option : common_options()) options.insert(std::string(option.name));
    for (const auto& option : each.options) EXPECT_TRUE(options.insert(std::string(option.name)).second) << option.name;
  }
}

TEST(Commands, AreAllInTheOverview) {
  const auto help = overview_help();
  for (const auto& each : commands())
    EXPECT_NE(help.find("  " + std::string(each.name)), std::string::npos) << each.name;
}

TEST(FindCommand, TakesTwoWordsBeforeOne) {
  EXPECT_EQ(find_command(words({"manifest", "get", "x"})).words, 2U);
  EXPECT_EQ(find_command(words({"pull", "x"})).words, 1U);
  EXPECT_EQ(find_command(words({"manifest"})).command, nullptr);
  EXPECT_EQ(find_command({}).command, nullptr);
}

TEST(NearestCommand, OffersWhatWasProbablyMeant) {
  EXPECT_EQ(nearest_command(words({"inspct", "x"})), "inspect");
  EXPECT_EQ(nearest_command(words({"blob", "lcate"})), "blob locate");
  EXPECT_EQ(nearest_command(words({"zzzzzzz"})), "");
  EXPECT_EQ(nearest_command(words({"nope"})), "");
  EXPECT_EQ(nearest_command(words({"qq"})), "");
}

TEST(ParseInput, ReadsArgumentsOptionsAndSwitchesInAnyOrder) {
  const auto input =
      parse_input(command({"pull"}),
                  words({"--platform", "linux/arm64", "alpine", "--dry-run", "oci:x", "--platform=linux/amd64"}));
  ASSERT_TRUE(input.has_value()) << input.error().message();
  EXPECT_EQ(input->argument("IMAGE"), "alpine");
  EXPECT_EQ(input->optional_argument("DEST"), "oci:x");
  EXPECT_EQ(input->all("--platform"), (std::vector<std::string>{"linux/arm64", "linux/amd64"}));
  EXPECT_TRUE(input->has("--dry-run"));
  EXPECT_FALSE(input->has("--trace"));
}

TEST(ParseInput, KnowsShortForms) {
  const auto input = parse_input(command({"manifest", "put"}), words({"x:1", "-f", "file", "-j", "3"}));
  ASSERT_TRUE(input.has_value()) << input.error().message();
  EXPECT_EQ(input->option("--file"), "file");
  EXPECT_EQ(input->option("--jobs"), "3");
}

TEST(ParseInput, TakesAnOptionsValueAloneAndNotTheArgumentBehindIt) {
  const auto input = parse_input(command({"append"}), words({"--cmd", "sh", "oci:x:y", "a.tar", "b.tar"}));
  ASSERT_TRUE(input.has_value()) << input.error().message();
  EXPECT_EQ(input->argument("IMAGE"), "oci:x:y");
  EXPECT_EQ(input->all_arguments("LAYER"), (std::vector<std::string>{"a.tar", "b.tar"}));
}

struct Mistake {
  const char* name;
  std::vector<std::string> typed;
  const char* says;
};

class ParseInputRefuses : public testing::TestWithParam<Mistake> {};

TEST_P(ParseInputRefuses, WithASentenceThatNamesTheWordAndTheHelp) {
  const auto input = parse_input(command({"inspect"}), GetParam().typed);
  ASSERT_FALSE(input.has_value());
  EXPECT_EQ(input.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(input.error().message().find(GetParam().says), std::string::npos) << input.error().message();
  EXPECT_NE(input.error().message().find("dray inspect --help"), std::string::npos) << input.error().message();
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ParseInputRefuses,
    testing::Values(
        Mistake{"NoArgument", {}, "IMAGE"}, Mistake{"UnknownOption", {"--bogus", "x"}, "there is no option '--bogus'"},
        Mistake{"MistypedOption", {"x", "--platfrom", "a"}, "no option '--platfrom' (did you mean '--platform'?)"},
        Mistake{"MistypedOptionAlone", {"--qiuck=1"}, "no option '--qiuck'"},
        Mistake{"UnknownShortOption", {"x", "-x"}, "no option '-x'"},
        Mistake{"TooMany", {"x", "y"}, "'y' is one argument too many"},
        Mistake{"TooManyBehindDashes", {"--", "x", "y"}, "'y' is one argument"},
        Mistake{"OptionTwice", {"x", "--jq", ".a", "--jq", ".b"}, "--jq is given"},
        Mistake{"SwitchWithAValue", {"x", "--trace=no"}, "takes no value"},
        Mistake{"OptionWithoutValue", {"x", "--platform"}, "--platform needs a value: --platform OS/ARCH"}),
    [](const auto& row) { return row.param.name; });

TEST(ParseInput, AsksForHelpEvenWhereArgumentsAreMissing) {
  const auto input = parse_input(command({"inspect"}), words({"--help"}));
  ASSERT_TRUE(input.has_value());
  EXPECT_TRUE(input->has("--help"));
}

}  // namespace
}  // namespace command_test
}  // namespace dray::cli
