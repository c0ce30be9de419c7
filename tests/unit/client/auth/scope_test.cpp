#include "auth/scope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dray::client {
namespace scope_test {
namespace {

using ::testing::ElementsAre;

TEST(Scope, TextIsTypeNameAndActions) {
  EXPECT_EQ(pull_scope("library/debian").text(), "repository:library/debian:pull");
  EXPECT_EQ(push_scope("a").text(), "repository:a:pull,push");
  EXPECT_EQ(delete_scope("a").text(), "repository:a:delete,pull");
  EXPECT_EQ(catalog_scope().text(), "registry:catalog:*");
}

TEST(ScopeTexts, PutsTheActionsOfOneRepositoryTogether) {
  EXPECT_THAT(scope_texts({push_scope("a"), pull_scope("a"), pull_scope("b")}, ""),
              ElementsAre("repository:a:pull,push", "repository:b:pull"));
}

TEST(ScopeTexts, PutsTheMissingOneFirst) {
  EXPECT_THAT(scope_texts({push_scope("a"), pull_scope("b")}, "repository:b:pull"),
              ElementsAre("repository:b:pull", "repository:a:pull,push"));
}

TEST(ScopeTexts, AsksForNothingThatOnlyTheChallengeWants) {
  EXPECT_THAT(scope_texts({pull_scope("a")}, "repository:a:pull,push,delete"), ElementsAre("repository:a:pull"));
  EXPECT_THAT(scope_texts({pull_scope("a")}, "registry:catalog:*"), ElementsAre("repository:a:pull"));
}

// C-16: what a refusal may add.
struct MissingCase {
  const char* name;
  const char* missing;
  const char* asked;
};

const MissingCase missing_cases[] = {
    {"Nothing", "", "repository:a:pull"},
    {"TheSame", "repository:a:pull", "repository:a:pull"},
    {"OtherName", "repository:proxy/a:pull", "repository:a:pull repository:proxy/a:pull"},
    {"NameWithAPort", "repository:host:5000/a:pull", "repository:a:pull repository:host:5000/a:pull"},
    {"WiderAction", "repository:a:pull,push", "repository:a:pull"},
    {"Wildcard", "repository:a:*", "repository:a:pull"},
    {"WildcardName", "repository:*:pull", "repository:a:pull"},
    {"Catalog", "registry:catalog:*", "repository:a:pull"},
    {"NoAction", "repository:b:", "repository:a:pull"},
    {"EmptyAction", "repository:b:,", "repository:a:pull"},
    {"NoName", "repository::pull", "repository:a:pull"},
    {"Words", "give me all of it", "repository:a:pull"},
    {"LineEnd", "repository:b\r\nX:pull", "repository:a:pull"},
    {"FourAtMost", "repository:b:pull repository:c:pull repository:d:pull repository:e:pull repository:f:pull",
     "repository:a:pull repository:b:pull repository:c:pull repository:d:pull repository:e:pull"},
};

class WithMissing : public ::testing::TestWithParam<MissingCase> {};

TEST_P(WithMissing, AddsNoActionThatTheOperationDoesNotHave) {
  EXPECT_EQ(scope_key(with_missing({pull_scope("a")}, GetParam().missing)), GetParam().asked);
}

INSTANTIATE_TEST_SUITE_P(C16, WithMissing, ::testing::ValuesIn(missing_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ScopeKey, DoesNotDependOnOrder) {
  EXPECT_EQ(scope_key({pull_scope("a"), push_scope("b")}), scope_key({push_scope("b"), pull_scope("a")}));
  EXPECT_NE(scope_key({pull_scope("a")}), scope_key({push_scope("a")}));
}

TEST(RepositoryOf, IsEmptyForTheWholeRegistry) {
  EXPECT_EQ(repository_of({catalog_scope()}), "");
  EXPECT_EQ(repository_of({push_scope("to"), pull_scope("from")}), "to");
}

}  // namespace
}  // namespace scope_test
}  // namespace dray::client
