#include "include_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <support/temp_dir.hpp>

namespace dray::arrows {
namespace include_rules_test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view table =
    "# a comment: not a layer\nbase:\ncore: base\nhttp: base\nstore: base core\nserver: base core\ncli: base\n";

TEST(ParseLayers, ReadsNamesAndLeavesCommentsOut) {
  const auto layers = parse_layers(table);
  EXPECT_EQ(layers.size(), 6U);
  EXPECT_THAT(layers.at("base"), IsEmpty());
  EXPECT_THAT(layers.at("store"), ElementsAre("base", "core"));
}

TEST(ParseIncludes, ReadsBothFormsWithTheirLines) {
  const auto includes =
      parse_includes("#pragma once\n#include <a/b.hpp>  // why\n  #  include \"c.hpp\"\n// #include <d>\n");
  ASSERT_EQ(includes.size(), 2U);
  EXPECT_EQ(includes[0].line, 2U);
  EXPECT_EQ(includes[0].header, "a/b.hpp");
  EXPECT_FALSE(includes[0].quoted);
  EXPECT_EQ(includes[1].header, "c.hpp");
  EXPECT_TRUE(includes[1].quoted);
}

struct Row {
  std::string name;
  std::string path;
  std::string include;
  std::string reason;  // empty: allowed
};

class IncludeRule : public ::testing::TestWithParam<Row> {};

TEST_P(IncludeRule, Holds) {
  const auto& row = GetParam();
  const auto broken = broken_rules(parse_layers(table), row.path, "#include " + row.include + "\n");
  if (row.reason.empty()) {
    EXPECT_THAT(broken, IsEmpty());
  } else {
    EXPECT_THAT(broken, ElementsAre(AllOf(HasSubstr(row.path + ":1: "), HasSubstr(row.reason))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, IncludeRule,
    ::testing::Values(Row{"DownInASource", "src/store/x.cpp", "<dray/core/digest.hpp>", ""},
                      Row{"DownInAHeader", "include/dray/store/x.hpp", "<dray/core/digest.hpp>", ""},
                      Row{"SameLayer", "src/core/x.cpp", "<dray/core/x.hpp>", ""},
                      Row{"UpInASource", "src/core/x.cpp", "<dray/store/x.hpp>", "layer core must not include"},
                      Row{"UpInAHeader", "include/dray/base/x.hpp", "<dray/core/x.hpp>", "layer base must not include"},
                      Row{"UpInQuotes", "src/core/x.cpp", "\"dray/store/x.hpp\"", "layer core must not include"},
                      Row{"Sideways", "src/store/x.cpp", "<dray/http/url.hpp>", "layer store must not include"},
                      Row{"IntoNoLayer", "src/core/x.cpp", "<dray/util/x.hpp>", "belongs to no layer"},
                      Row{"WithoutALayer", "src/core/x.cpp", "<dray/x.hpp>", "belongs to no layer"},
                      Row{"PrivateHeaderBeside", "src/core/x.cpp", "\"x.hpp\"", ""},
                      Row{"PrivateHeaderAboveInItsLayer", "src/core/deep/x.cpp", "\"../x.hpp\"", ""},
                      Row{"PrivateHeaderElsewhere", "src/core/x.cpp", "\"../store/x.hpp\"", "climbs out"},
                      Row{"PrivateHeaderFromTheRoot", "src/core/x.cpp", "\"src/store/x.hpp\"", "private header"},
                      Row{"CurlInHttp", "src/http/x.cpp", "<curl/curl.h>", ""},
                      Row{"CurlInCore", "src/core/x.cpp", "<curl/curl.h>", "layer core must not include"},
                      Row{"CurlInAPublicHeader", "include/dray/http/x.hpp", "<curl/curl.h>", "a public header"},
                      Row{"JsonInASource", "src/core/x.cpp", "<boost/json.hpp>", ""},
                      Row{"JsonInAPrivateHeader", "src/core/x.hpp", "<boost/json/value.hpp>", "heavy"},
                      Row{"JsonInAPublicHeader", "include/dray/core/x.hpp", "<boost/json/value.hpp>",
                          "a public header"},
                      Row{"AsioInTheEngine", "src/server/engine/x.hpp", "<boost/asio/ip/tcp.hpp>", ""},
                      Row{"AsioInAHandlersHeader", "src/server/endpoints/x.hpp", "<boost/asio/ip/tcp.hpp>", "heavy"},
                      Row{"OtherBoost", "src/http/x.cpp", "<boost/asio.hpp>", "layer http must not include"},
                      Row{"Cli11InCli", "src/cli/x.cpp", "<CLI/CLI.hpp>", ""},
                      Row{"Cli11InHttp", "src/http/x.cpp", "<CLI/CLI.hpp>", "layer http must not include"},
                      Row{"FmtInASource", "src/core/x.cpp", "<fmt/format.h>", ""},
                      Row{"FmtInAPublicHeader", "include/dray/core/x.hpp", "<fmt/format.h>", "a public header"},
                      Row{"StandardInAPublicHeader", "include/dray/core/x.hpp", "<string_view>", ""},
                      Row{"SystemTypesInAPublicHeader", "include/dray/core/x.hpp", "<sys/types.h>", ""},
                      Row{"SystemInASource", "src/base/x.cpp", "<sys/stat.h>", ""}),
    [](const auto& row) { return row.param.name; });

TEST(IncludeRules, RefuseAFileOfNoLayer) {
  EXPECT_THAT(broken_rules(parse_layers(table), "src/util/x.cpp", ""), ElementsAre(HasSubstr("belongs to no layer")));
}

/// A project in a temporary folder.
class Tree : public ::testing::Test {
 protected:
  Tree() { root_.write("cmake/layers.txt", table); }

  dray::testing::TempDir root_;
};

TEST_F(Tree, FindsAWrongArrowWhereverItIs) {
  root_.write("include/dray/core/good.hpp", "#include <dray/base/result.hpp>\n");
  root_.write("src/core/deep/bad.hpp", "#pragma once\n#include <dray/http/url.hpp>\n");
  EXPECT_THAT(broken_rules_below(root_.path()),
              ElementsAre(HasSubstr("src/core/deep/bad.hpp:2: layer core must not include")));
}

TEST_F(Tree, AllowsCli11InOneFile) {
  root_.write("src/cli/a.cpp", "#include <CLI/CLI.hpp>\n");
  EXPECT_THAT(broken_rules_below(root_.path()), IsEmpty());
  root_.write("src/cli/b.cpp", "#include <CLI/CLI.hpp>\n");
  EXPECT_THAT(broken_rules_below(root_.path()),
              ElementsAre(AllOf(HasSubstr("one file"), HasSubstr("src/cli/a.cpp src/cli/b.cpp"))));
}

TEST(ThisProject, HasNoArrowTheOtherWay) { EXPECT_THAT(broken_rules_below(DRAY_SOURCE_DIR), IsEmpty()); }

TEST(ThisProject, HasItsLayersInTheTable) {
  std::ifstream stream(std::filesystem::path(DRAY_SOURCE_DIR) / "cmake/layers.txt");
  const auto layers = parse_layers(std::string(std::istreambuf_iterator<char>(stream), {}));
  for (const auto& [layer, below] : layers) {
    for (const auto& name : below) EXPECT_TRUE(layers.contains(name)) << layer << " stands on unknown " << name;
  }
  EXPECT_TRUE(layers.contains("base"));
}

}  // namespace
}  // namespace include_rules_test
}  // namespace dray::arrows
