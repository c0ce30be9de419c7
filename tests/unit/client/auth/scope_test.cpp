#include "auth/scope.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dray::client {
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

TEST(ScopeKey, DoesNotDependOnOrder) {
  EXPECT_EQ(scope_key({pull_scope("a"), push_scope("b")}), scope_key({push_scope("b"), pull_scope("a")}));
  EXPECT_NE(scope_key({pull_scope("a")}), scope_key({push_scope("a")}));
}

TEST(RepositoryOf, IsEmptyForTheWholeRegistry) {
  EXPECT_EQ(repository_of({catalog_scope()}), "");
  EXPECT_EQ(repository_of({push_scope("to"), pull_scope("from")}), "to");
}

}  // namespace
}  // namespace dray::client
