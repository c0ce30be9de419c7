#include "jq.hpp"

#include <gtest/gtest.h>

#include "jq_path.hpp"

namespace dray::cli {
namespace jq_test {
namespace {

Json sample() { return *Json::parse(R"({"digest":"sha256:0","size":7,"layers":[{"size":1},{"size":2}],"none":null})"); }

struct PathCase {
  const char* name;
  const char* expression;
  const char* lines;
};

class PlainPath : public testing::TestWithParam<PathCase> {};

TEST_P(PlainPath, IsWalkedWithoutLibjq) {
  ASSERT_TRUE(walk_plain_path(GetParam().expression, sample()).has_value());
  const auto out = run_jq(GetParam().expression, sample());
  ASSERT_TRUE(out.has_value()) << out.error().message();
  EXPECT_EQ(*out, GetParam().lines);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, PlainPath,
    testing::Values(PathCase{"String", ".digest", "sha256:0\n"}, PathCase{"Number", ".size", "7\n"},
                    PathCase{"Missing", ".nothing", "null\n"}, PathCase{"ThroughNull", ".none.deeper", "null\n"},
                    PathCase{"Item", ".layers[1].size", "2\n"}, PathCase{"ItemPastTheEnd", ".layers[9]", "null\n"},
                    PathCase{"All", ".layers[].size", "1\n2\n"}, PathCase{"Compact", ".layers[0]", "{\"size\":1}\n"}),
    [](const auto& row) { return row.param.name; });

TEST(PlainPath, LeavesEverythingElseToLibjq) {
  for (const auto* expression :
       {".layers | length", "..", ".a..b", ".[", ".digest.x", ".layers.size", "length", ".1"}) {
    EXPECT_FALSE(walk_plain_path(expression, sample()).has_value()) << expression;
  }
}

TEST(Jq, RunsExpressionsThroughLibjq) {
  const auto out = run_jq("[.layers[].size] | add", sample());
  ASSERT_TRUE(out.has_value()) << out.error().message();
  EXPECT_EQ(*out, "3\n");
}

TEST(Jq, PrintsStringsAsTheyAre) {
  const auto out = run_jq(".digest + \"!\"", sample());
  ASSERT_TRUE(out.has_value()) << out.error().message();
  EXPECT_EQ(*out, "sha256:0!\n");
}

TEST(Jq, SaysWhatIsWrongWithAnExpression) {
  const auto broken = run_jq(".layers | nosuch", sample());
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(broken.error().message().find("nosuch"), std::string::npos) << broken.error().message();
  const auto wrong = run_jq(".digest | keys", sample());
  ASSERT_FALSE(wrong.has_value());
  EXPECT_NE(wrong.error().message().find("has no keys"), std::string::npos) << wrong.error().message();
}

}  // namespace
}  // namespace jq_test
}  // namespace dray::cli
