#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "registry_testing.hpp"

namespace dray {
namespace registry_listing_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using testing::put;
using testing::TestImage;
using testing::write_bytes;

class RegistryListing : public testing::RegistryFolderTest {
 protected:
  [[nodiscard]] std::vector<std::string> all_tags(std::size_t page, const std::string& repository = "a") {
    std::vector<std::string> found;
    for (bool more = true; more;) {
      const auto listed = registry_->list_tags(repository, found.empty() ? "" : found.back(), page).value();
      EXPECT_LE(listed.names.size(), page);
      found.insert(found.end(), listed.names.begin(), listed.names.end());
      more = listed.more;
      EXPECT_FALSE(more && listed.names.empty());
    }
    return found;
  }
  [[nodiscard]] std::vector<std::string> all_repositories(std::size_t page) {
    std::vector<std::string> found;
    for (bool more = true; more;) {
      const auto listed = registry_->list_repositories(found.empty() ? "" : found.back(), page).value();
      found.insert(found.end(), listed.names.begin(), listed.names.end());
      more = listed.more;
    }
    return found;
  }
  /// As the program makes one, in less time.
  void plant_tag(const std::string& tag, const std::string& repository = "a") const {
    write_bytes(tree("repositories/" + repository + "/_manifests/tags/" + tag + "/current/link"),
                manifest_.descriptor.digest.text());
  }

  RawManifest manifest_ = TestImage{.mark = "x"}.manifest();
};

TEST_F(RegistryListing, TagsAreSortedByTheirBytes) {
  put(*registry_, "a", manifest_, {"b", "A", "a", "a-b", "a.b", "_x", "a_b", "10", "9"});
  EXPECT_THAT(all_tags(100), ElementsAre("10", "9", "A", "_x", "a", "a-b", "a.b", "a_b", "b"));
}

TEST_F(RegistryListing, PagesBeginBehindANameThatNeedNotBeThere) {
  put(*registry_, "a", manifest_, {"b", "d", "f"});
  EXPECT_THAT(registry_->list_tags("a", "c", 1).value().names, ElementsAre("d"));
  EXPECT_TRUE(registry_->list_tags("a", "c", 1).value().more);
  EXPECT_THAT(registry_->list_tags("a", "d", 5).value().names, ElementsAre("f"));
  EXPECT_FALSE(registry_->list_tags("a", "d", 1).value().more);
  EXPECT_THAT(registry_->list_tags("a", "f", 5).value().names, IsEmpty());
  EXPECT_THAT(registry_->list_tags("a", "", 0).value().names, IsEmpty());
  EXPECT_TRUE(registry_->list_tags("a", "", 0).value().more);
  EXPECT_THAT(registry_->list_tags("a", "", std::size_t{1} << 62U).value().names.size(), 3U);
}

TEST_F(RegistryListing, TagsOfAnUnknownRepositoryAreNotFound) {
  EXPECT_EQ(registry_->list_tags("a", "", 10).error().code(), ErrorCode::not_found);
  testing::push_blob(*registry_, "a", "x");
  EXPECT_THAT(registry_->list_tags("a", "", 10).value().names, IsEmpty());
  put(*registry_, "b/c", manifest_, {"tag"});
  EXPECT_EQ(registry_->list_tags("b", "", 10).error().code(), ErrorCode::not_found);
}

TEST_F(RegistryListing, TagsFollowEveryChange) {
  put(*registry_, "a", manifest_, {"one"});
  EXPECT_THAT(all_tags(10), ElementsAre("one"));
  put(*registry_, "a", manifest_, {"two"});
  EXPECT_THAT(all_tags(10), ElementsAre("one", "two"));
  ASSERT_TRUE(registry_->remove_tag("a", "one"));
  EXPECT_THAT(all_tags(10), ElementsAre("two"));
  plant_tag("planted");
  EXPECT_THAT(all_tags(10), ElementsAre("planted", "two"));
}

TEST_F(RegistryListing, ATagFolderThatCouldNotGoIsNoTag) {
  put(*registry_, "a", manifest_, {"one", "two"});
  EXPECT_THAT(all_tags(10), ElementsAre("one", "two"));
  write_bytes(tree("repositories/a/_manifests/tags/one/stray"), "x");
  EXPECT_THAT(all_tags(10), ElementsAre("one", "two"));
  ASSERT_TRUE(registry_->remove_tag("a", "one"));
  EXPECT_THAT(all_tags(10), ElementsAre("two"));
  EXPECT_TRUE(fs::exists(tree("repositories/a/_manifests/tags/one/stray")));
}

TEST_F(RegistryListing, S37WhatIsNoTagIsNotListed) {
  put(*registry_, "a", manifest_, {"tag"});
  const auto tags = tree("repositories/a/_manifests/tags");
  write_bytes(tags / "file", "x");
  write_bytes(tags / "-bad/current/link", manifest_.descriptor.digest.text());
  fs::create_directory_symlink(tags / "tag", tags / "link");
  EXPECT_THAT(all_tags(10), ElementsAre("tag"));
}

TEST_F(RegistryListing, S21RepositoriesAreSortedByTheBytesOfTheirWholeNames) {
  for (const char* name : {"a/b", "a-b", "a", "a.b", "a/b/c", "b", "a-b/c", "a_b"}) put(*registry_, name, manifest_);
  const std::vector<std::string> expected{"a", "a-b", "a-b/c", "a.b", "a/b", "a/b/c", "a_b", "b"};
  for (std::size_t page = 1; page <= 9; ++page) EXPECT_THAT(all_repositories(page), ElementsAreArray(expected));
}

TEST_F(RegistryListing, RepositoriesAreThoseWithManifestsOrLayers) {
  put(*registry_, "a/manifests", manifest_);
  testing::push_blob(*registry_, "a/layers", "x");
  fs::create_directories(tree("repositories/a/uploads/_uploads"));
  fs::create_directories(tree("repositories/a/bare"));
  fs::create_directories(tree("repositories/Upper/_manifests"));
  fs::create_directory_symlink(tree("repositories/a"), tree("repositories/link"));
  write_bytes(tree("repositories/file"), "x");
  EXPECT_THAT(all_repositories(10), ElementsAre("a/layers", "a/manifests"));
}

TEST_F(RegistryListing, RepositoriesFollowOurOwnChangesAtOnceAndOthersInTime) {
  put(*registry_, "a", manifest_);
  EXPECT_THAT(all_repositories(10), ElementsAre("a"));
  put(*registry_, "b", manifest_);
  EXPECT_THAT(all_repositories(10), ElementsAre("a", "b"));
  plant_tag("tag", "c");
  clock_.advance(std::chrono::seconds(11));
  EXPECT_THAT(all_repositories(10), ElementsAre("a", "b", "c"));
}

TEST_F(RegistryListing, S21OfTenThousandTagsEqualsWhatIsThereForEveryPageSize) {
  std::mt19937 random(7);
  const std::string letters = "abcAB01._-";
  std::set<std::string> names;
  while (names.size() < 10'000) {
    std::string name(1, letters[random() % 7]);
    for (auto left = random() % 9; left > 0; --left) name += letters[random() % letters.size()];
    names.insert(name);
  }
  const auto folder = tree("repositories/a/_manifests/tags");
  plant_tag("seed");
  names.insert("seed");
  for (const auto& name : names) {
    if (name != "seed") fs::copy(folder / "seed", folder / name, fs::copy_options::recursive);
  }
  for (std::size_t page = 1; page <= 100; ++page) ASSERT_THAT(all_tags(page), ElementsAreArray(names)) << page;
}

TEST_F(RegistryListing, S21LosesNothingWhileOthersPushAndDelete) {
  std::vector<std::string> kept;
  for (int i = 100; i < 150; ++i) kept.push_back("keep" + std::to_string(i));
  put(*registry_, "a", manifest_, kept);
  for (int i = 100; i < 110; ++i) put(*registry_, "keep/" + std::to_string(i), manifest_);
  std::atomic<bool> stop = false;
  std::thread other([&] {
    for (int i = 0; !stop; ++i) {
      const auto name = "x" + std::to_string(i % 20);
      put(*registry_, "a", manifest_, {name});
      put(*registry_, "other/" + std::to_string(i % 30), manifest_);
      if (i % 2 == 0) (void)registry_->remove_tag("a", name);
    }
  });
  for (int round = 0; round < 30; ++round) {
    auto tags = all_tags(1 + static_cast<std::size_t>(round));
    std::erase_if(tags, [](const auto& tag) { return tag.starts_with("x"); });
    EXPECT_EQ(tags, kept);
    auto repositories = all_repositories(1 + static_cast<std::size_t>(round));
    std::erase_if(repositories, [](const auto& name) { return !name.starts_with("keep/"); });
    EXPECT_EQ(repositories.size(), 10U);
  }
  stop = true;
  other.join();
}

}  // namespace
}  // namespace registry_listing_test
}  // namespace dray
