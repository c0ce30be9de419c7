#include "sync_pairs.hpp"

#include <gtest/gtest.h>

namespace dray {
namespace sync_pairs_test {
namespace {

NamePattern pattern(std::string_view text) { return NamePattern::parse(text).value(); }

/// Two entries that go to one destination.
class SyncPairs : public ::testing::Test {
 protected:
  SyncPairs() {
    first_choice.remove = true;
    for (auto* choice : {&first_choice, &second_choice}) {
      pairs.push_back({Place::parse("h:1/a").value(), Place::parse("h:1/b").value(), *choice, report});
    }
  }
  std::vector<std::string> to_delete(const std::vector<std::string>& there) {
    return tags_to_delete(pairs[0], pairs, there);
  }

  settings::SyncChoice first_choice;
  settings::SyncChoice second_choice;
  SyncedPlace report;
  std::vector<SyncPair> pairs;
};

using Names = std::vector<std::string>;

TEST_F(SyncPairs, DeleteWhatLeftTheSourceAlone) {
  second_choice.tags.include = {pattern("none")};
  pairs[0].listed = {"1", "2"};
  EXPECT_EQ(to_delete({"1", "2", "3"}), Names{"3"});
  EXPECT_EQ(to_delete({}), Names{});
  first_choice.tags.exclude = {pattern("3")};
  EXPECT_EQ(to_delete({"1", "2", "3", "4"}), Names{"4"});
  first_choice.tag_names = {"1", "4"};
  EXPECT_EQ(to_delete({"1", "2", "3", "4"}), Names{"4"});
}

TEST_F(SyncPairs, DoNotDeleteWhatIsExcludedThoughTheSourceHasIt) {
  second_choice.tags.include = {pattern("none")};
  pairs[0].listed = {"1"};
  first_choice.tags.include = {pattern("1")};
  EXPECT_EQ(to_delete({"1", "2"}), Names{}) << "2 is covered by no filter";
}

TEST_F(SyncPairs, KeepWhatAnotherEntryWantsOrCoversWithoutDeleting) {
  second_choice.tags.include = {pattern("x.*")};
  EXPECT_EQ(to_delete({"x1", "y"}), Names{"y"});
  second_choice.remove = true;
  EXPECT_EQ(to_delete({"x1", "y"}), (Names{"x1", "y"}));
  pairs[1].wanted = {"x1"};
  EXPECT_EQ(to_delete({"x1", "y"}), Names{"y"});
}

TEST_F(SyncPairs, LeaveTagsOfDigestsAlone) {
  second_choice.tags.include = {pattern("none")};
  const auto hex = std::string(64, 'a');
  EXPECT_EQ(to_delete({"sha256-" + hex, "sha256-" + hex + ".sig", "sha256-abc", "sha256-" + hex + "b"}),
            (Names{"sha256-abc", "sha256-" + hex + "b"}));
}

TEST_F(SyncPairs, TellAnotherChoiceApart) {
  const auto before = state_key(pairs[0]);
  first_choice.platforms = {Platform::parse("linux/amd64").value()};
  const auto narrowed = state_key(pairs[0]);
  EXPECT_NE(before, narrowed);
  first_choice.sparse = true;
  EXPECT_NE(narrowed, state_key(pairs[0]));
}

TEST_F(SyncPairs, AreWholeWithoutAnyError) {
  EXPECT_TRUE(pairs[0].is_whole());
  report.tags.tags = {{.tag = "1", .outcome = ops::TagOutcome::copied}};
  EXPECT_TRUE(pairs[0].is_whole());
  report.tags.tags.push_back({.tag = "2", .outcome = ops::TagOutcome::failed});
  EXPECT_FALSE(pairs[0].is_whole());
  report.tags.tags.clear();
  report.error = Error(ErrorCode::denied, "no");
  EXPECT_FALSE(pairs[0].is_whole());
}

}  // namespace
}  // namespace sync_pairs_test
}  // namespace dray
