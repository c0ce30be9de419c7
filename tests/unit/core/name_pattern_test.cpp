#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/core/name_pattern.hpp>

namespace dray {
namespace name_pattern_test {
namespace {

NamePattern pattern(std::string_view text) { return NamePattern::parse(text).value(); }

struct Row {
  const char* pattern;
  const char* name;
  bool matches;
};

TEST(NamePattern, MatchesAllOfANameAsTheTableSays) {
  const Row rows[] = {
      {"latest", "latest", true},
      {"latest", "latest-dev", false},
      {"latest", "not-latest", false},
      {".*-rc.*", "1.0-rc1", true},
      {R"(3\.\d+)", "3.13", true},
      {R"(3\.\d+)", "3x13", false},
      {R"(3\.\d+)", "3.13.1", false},
      {"v?[0-9]+", "v7", true},
      {"a|b", "b", true},
      {"a|b", "ab", false},
      {"^1$", "1", true},
      {"(?i)LATEST", "latest", true},
      {"", "", true},
      {"", "x", false},
      {"team/.*", "team/app", true},
      {"team/.*", "other/team/app", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(pattern(row.pattern).matches(row.name), row.matches) << row.pattern << " on " << row.name;
  }
}

TEST(NamePattern, RefusesWhatIsNoPattern) {
  for (const char* text : {"(", "[a", "*", "a{2,1}", "(?P<x", "\\", "a**b\\", R"((a)\1)", "(?=a)a"}) {
    const auto parsed = NamePattern::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_input) << text;
    EXPECT_NE(parsed.error().message().find("pattern"), std::string::npos);
  }
}

TEST(NamePattern, RefusesWhatWouldTakeTooMuch) {
  EXPECT_EQ(NamePattern::parse(std::string(limits::max_pattern_chars + 1, 'a')).error().code(),
            ErrorCode::limit_exceeded);
  EXPECT_TRUE(NamePattern::parse(std::string(limits::max_pattern_chars, 'a')));
  EXPECT_EQ(NamePattern::parse("((((a{1,100}){1,100}){1,100}){1,100})").error().code(), ErrorCode::invalid_input)
      << "RE2 counts repetitions";
  EXPECT_EQ(NamePattern::parse(R"((\pL{500}\pN{500}))").error().code(), ErrorCode::limit_exceeded);
  std::string nested(limits::max_pattern_chars / 2, '(');
  EXPECT_FALSE(NamePattern::parse(nested));
}

TEST(NamePattern, IsQuickWhereOthersGoBackForEver) {
  const std::string name(limits::max_tag_chars, 'a');
  for (const char* text : {"(a+)+b", "(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)(.*)b"}) {
    EXPECT_FALSE(pattern(text).matches(name)) << text;  // others would need 2^128 steps
  }
}

TEST(NameFilter, TakesWhatIsIncludedAndNotExcluded) {
  NameFilter filter;
  EXPECT_TRUE(filter.takes("anything"));
  filter.exclude = {pattern(".*-rc.*")};
  EXPECT_FALSE(filter.takes("1-rc2"));
  filter.include = {pattern("1.*"), pattern("latest")};
  EXPECT_EQ(filter.pick({"latest", "2", "1", "1-rc2", "10"}), (std::vector<std::string>{"latest", "1", "10"}));
}

}  // namespace
}  // namespace name_pattern_test
}  // namespace dray
