#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <dray/store/file_folder.hpp>
#include <filesystem>

#include "store_testing.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace file_folder_test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Standing = FileFolder::Standing;
using Existing = FileFolder::Existing;
using testing::blob_of;
using testing::opener;

FileTitle title(const std::string& text) { return FileTitle::parse(text).value(); }

class FileFolderTest : public ::testing::Test {
 protected:
  Descriptor put(const std::string& bytes) {
    auto blob = blob_of(bytes);
    EXPECT_TRUE(folder_->put_blob(blob, opener(bytes), {}));
    return blob;
  }
  Result<void> publish(const std::string& bytes, const std::vector<FileTitle>& titles,
                       Existing existing = Existing::keep) {
    const auto blob = blob_of(bytes);
    DRAY_TRY(folder_->put_blob(blob, opener(bytes), {}));
    return folder_->publish(blob, titles, existing, {});
  }
  [[nodiscard]] std::string at(std::string_view name) const { return testing::read_bytes(temp_ / name); }
  [[nodiscard]] Result<Standing> look(const std::string& text, const std::string& bytes) const {
    return folder_->look_at(title(text), blob_of(bytes), {});
  }

  testing::TempDir temp_;
  std::shared_ptr<FileFolder> folder_ = FileFolder::create(temp_.path()).value();
};

TEST_F(FileFolderTest, ABlobGetsAllItsNamesAndNothingElseStays) {
  ASSERT_TRUE(publish("one", {title("a"), title("x/y/b"), title("x/c")}));
  EXPECT_EQ(at("a"), "one");
  EXPECT_EQ(at("x/y/b"), "one");
  EXPECT_EQ(at("x/c"), "one");
  ASSERT_TRUE(folder_->finish({}));
  EXPECT_FALSE(fs::exists(temp_ / ".dray-tmp"));
}

TEST_F(FileFolderTest, NothingHasANameBeforeItIsPublished) {
  put("one");
  for (const auto& entry : fs::directory_iterator(temp_.path())) EXPECT_EQ(entry.path().filename(), ".dray-tmp");
}

TEST_F(FileFolderTest, TellsWhatStandsAtATitle) {
  temp_.write("a", "one");
  EXPECT_EQ(look("a", "one").value(), Standing::same);
  EXPECT_EQ(look("a", "two").value(), Standing::other);
  EXPECT_EQ(look("a", "longer").value(), Standing::other);
  EXPECT_EQ(look("b", "one").value(), Standing::nothing);
  EXPECT_EQ(look("x/y", "one").value(), Standing::nothing);
}

TEST_F(FileFolderTest, WhatIsNoFileIsInTheWay) {
  fs::create_directory(temp_ / "folder");
  temp_.write("file", "one");
  fs::create_symlink("file", temp_ / "link");
  fs::create_symlink("/etc", temp_ / "linked");
  for (const std::string text : {"folder", "link", "linked", "linked/passwd", "file/below"}) {
    const auto standing = look(text, "one");
    ASSERT_FALSE(standing) << text;
    EXPECT_EQ(standing.error().code(), ErrorCode::conflict) << text;
  }
}

TEST_F(FileFolderTest, ItsOwnFolderIsNoPlaceForFiles) {
  EXPECT_EQ(look(".dray-tmp/a", "one").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(look(".dray-tmp", "one").error().code(), ErrorCode::invalid_input);
}

TEST_F(FileFolderTest, WhatCameMeanwhileIsKeptUnlessItMayGo) {
  temp_.write("a", "theirs");
  fs::create_symlink("/etc/passwd", temp_ / "link");
  for (const std::string name : {"a", "link"}) {
    const auto kept = publish("ours", {title(name)});
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code(), ErrorCode::conflict);
    EXPECT_THAT(kept.error().message(), HasSubstr(name));
  }
  EXPECT_EQ(at("a"), "theirs");
  ASSERT_TRUE(publish("ours", {title("a")}, Existing::replace));
  ASSERT_TRUE(publish("ours", {title("link")}, Existing::replace));
  EXPECT_EQ(at("a"), "ours");
  EXPECT_FALSE(fs::is_symlink(temp_ / "link"));
}

TEST_F(FileFolderTest, NoLinkIsFollowedOnTheWay) {
  testing::TempDir elsewhere;
  fs::create_directory_symlink(elsewhere.path(), temp_ / "linked");
  EXPECT_FALSE(publish("one", {title("linked/a")}, Existing::replace));
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(FileFolderTest, WrongBytesGetNoName) {
  const auto blob = blob_of("right");
  const auto put = folder_->put_blob(blob, opener("wrong"), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(folder_->publish(blob, {title("a")}, Existing::keep, {}));
  EXPECT_FALSE(fs::exists(temp_ / "a"));
}

TEST(FileFolderFaults, WhateverFailsAFileIsWholeOrNotThere) {
  for (std::size_t nth = 1;; ++nth) {
    const testing::TempDir temp;
    const auto folder = FileFolder::create(temp.path()).value();
    const auto blob = blob_of("the bytes");
    const auto run = [&]() -> Result<void> {
      DRAY_TRY(folder->put_blob(blob, opener("the bytes"), {}));
      return folder->publish(blob, {title("x/a"), title("b")}, Existing::keep, {});
    };
    testing::FailNthCall faults(nth, ENOSPC);
    const auto done = [&] {
      const ScopedSystemFaults installed(faults);
      return run();
    }();
    for (const auto* name : {"x/a", "b"}) {
      if (fs::exists(temp / name)) {
        EXPECT_EQ(testing::read_bytes(temp / name), "the bytes") << nth;
      }
    }
    if (done && faults.count() < nth) break;
    // What is there from the first time is in nobody's way when it is done again.
    if (!done) {
      EXPECT_TRUE(folder->put_blob(blob, opener("the bytes"), {})) << nth;
    }
    ASSERT_LT(nth, 1000U);
  }
}

}  // namespace
}  // namespace file_folder_test
}  // namespace dray
