#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/format/yaml.hpp>

namespace dray {
namespace yaml_test {
namespace {

TEST(Yaml, KeepsOrderLinesAndQuotes) {
  const auto yaml = Yaml::parse("b: 'true'\na:\n  - true\n  - ~\n", "f");
  ASSERT_TRUE(yaml) << yaml.error().message();
  ASSERT_EQ(yaml->members.size(), 2U);
  EXPECT_EQ(yaml->members[0].key, "b");
  EXPECT_EQ(yaml->find("b")->as_bool(), std::nullopt);
  const auto& list = *yaml->find("a");
  EXPECT_EQ(list.items[0].as_bool(), true);
  EXPECT_EQ(list.items[0].line, 3U);
  EXPECT_EQ(list.items[1].kind, Yaml::Kind::nothing);
  EXPECT_EQ(yaml->find("c"), nullptr);
}

TEST(Yaml, KnowsWhereKeysStand) {
  const auto yaml = Yaml::parse("a:\n\n  b:\n  - x\n", "f").value();
  EXPECT_EQ(yaml.members[0].line, 1U);
  EXPECT_EQ(yaml.find("a")->members[0].line, 3U);
}

struct HostileRow {
  const char* name;
  std::string text;
  ErrorCode code;
};

TEST(Yaml, RefusesHostileFilesWithTheirLine) {
  std::string deep;
  for (std::size_t i = 0; i <= limits::max_yaml_depth; ++i) deep += "[";
  const HostileRow rows[] = {
      {"an alias bomb", "a: &a [x, x]\nb: [*a, *a]\n", ErrorCode::invalid_input},
      {"an alias", "a: *b\n", ErrorCode::invalid_input},
      {"a tag", "a: !!python/object x\n", ErrorCode::invalid_input},
      {"a key twice", "a: 1\na: 2\n", ErrorCode::invalid_input},
      {"a list as a key", "? [a]\n: 1\n", ErrorCode::invalid_input},
      {"two documents", "a: 1\n---\nb: 2\n", ErrorCode::invalid_input},
      {"an open list", "a: [1\n", ErrorCode::invalid_input},
      {"a tab", "a:\n\t- 1\n", ErrorCode::invalid_input},
      {"depth", deep, ErrorCode::limit_exceeded},
      {"endless depth", std::string(100'000, '['), ErrorCode::limit_exceeded},
      {"size", std::string(limits::max_yaml_bytes + 1, ' '), ErrorCode::limit_exceeded},
  };
  for (const auto& row : rows) {
    const auto yaml = Yaml::parse(row.text, "f.yml");
    ASSERT_FALSE(yaml) << row.name;
    EXPECT_EQ(yaml.error().code(), row.code) << row.name << ": " << yaml.error().message();
    EXPECT_EQ(yaml.error().message().find("f.yml:"), 0U) << yaml.error().message();
  }
}

}  // namespace
}  // namespace yaml_test
}  // namespace dray
