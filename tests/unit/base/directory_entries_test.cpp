#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <dray/base/file.hpp>
#include <string>

#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace directory_entries_test {
namespace {

namespace fs = std::filesystem;
using Kind = FileStatus::Kind;
using ::testing::UnorderedElementsAre;

class DirectoryEntriesTest : public ::testing::Test {
 protected:
  [[nodiscard]] unsigned mode_of(std::string_view name) const {
    struct stat status{};
    EXPECT_EQ(::lstat((temp_ / name).c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  testing::TempDir temp_;
  Directory directory_ = Directory::open(temp_.path()).value();
};

TEST_F(DirectoryEntriesTest, ListsNamesWithTheirKinds) {
  temp_.write("file", "x");
  fs::create_directory(temp_ / "folder");
  fs::create_symlink("folder", temp_ / "link");
  ASSERT_EQ(::mkfifo((temp_ / "fifo").c_str(), 0600), 0);
  std::vector<std::pair<std::string, Kind>> found;
  const auto entries = directory_.list_entries(4).value();
  for (const auto& entry : entries) found.emplace_back(entry.name, entry.kind);
  EXPECT_THAT(found, UnorderedElementsAre(std::pair("file", Kind::file), std::pair("folder", Kind::directory),
                                          std::pair("link", Kind::link), std::pair("fifo", Kind::other)));
  EXPECT_EQ(directory_.list_entries(3).error().code(), ErrorCode::limit_exceeded);
}

TEST_F(DirectoryEntriesTest, TellsWhatLiesAtAName) {
  temp_.write("a/file", "hello");
  fs::create_symlink("a", temp_ / "link");
  EXPECT_EQ(directory_.status("a/file").value().kind, Kind::file);
  EXPECT_EQ(directory_.status("a/file").value().size, 5U);
  EXPECT_EQ(directory_.status("link").value().kind, Kind::link);
  EXPECT_EQ(directory_.status("absent").error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory_.status("link/file").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory_.status().value().kind, Kind::directory);
}

TEST_F(DirectoryEntriesTest, TouchSetsTheTimeOfTheLastModification) {
  temp_.write("file", "x");
  const auto then = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'234'567'890'123));
  ASSERT_TRUE(directory_.touch("file", then));
  EXPECT_EQ(directory_.status("file").value().modified, then);
  EXPECT_EQ(directory_.touch("absent", then).error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryEntriesTest, OpensAFileTogetherWithItsStatus) {
  temp_.write("file", "hello");
  fs::create_directory(temp_ / "folder");
  EXPECT_EQ(directory_.open_file_with_status("file").value().status.size, 5U);
  EXPECT_EQ(directory_.open_file_with_status("folder").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory_.open_file_with_status("absent").error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryEntriesTest, ReadsTheBeginningOfAFile) {
  temp_.write("file", "hello");
  std::string room(3, '\0');
  EXPECT_EQ(directory_.read_beginning("file", std::as_writable_bytes(std::span(room))).value(), 3U);
  EXPECT_EQ(room, "hel");
  room.resize(9);
  EXPECT_EQ(directory_.read_beginning("file", std::as_writable_bytes(std::span(room))).value(), 5U);
  EXPECT_EQ(directory_.read_beginning("absent", std::as_writable_bytes(std::span(room))).error().code(),
            ErrorCode::not_found);
}

TEST_F(DirectoryEntriesTest, ModesAreExactWhateverTheUmask) {
  const auto before = ::umask(0277);
  const auto folder = directory_.make_directory("folder", 0750);
  const auto file = directory_.create_new_file("folder/file", 0640);
  ::umask(before);
  ASSERT_TRUE(folder && file);
  EXPECT_EQ(mode_of("folder"), 0750U);
  EXPECT_EQ(mode_of("folder/file"), 0640U);
}

TEST_F(DirectoryEntriesTest, MakeDirectorySaysWhetherItWasThere) {
  EXPECT_TRUE(directory_.make_directory("folder", 0700).value());
  EXPECT_FALSE(directory_.make_directory("folder", 0700).value());
  EXPECT_EQ(directory_.make_directory("absent/folder", 0700).error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryEntriesTest, ANewFileMustNotBeThere) {
  temp_.write("file", "hello");
  EXPECT_FALSE(directory_.create_new_file("file", 0600));
  EXPECT_EQ(testing::read_bytes(temp_ / "file"), "hello");
}

TEST_F(DirectoryEntriesTest, ANewFileWhoseModeCannotBeSetIsRemoved) {
  testing::FailNthCall faults(1, EIO, SystemCall::change);
  const ScopedSystemFaults scope(faults);
  EXPECT_FALSE(directory_.create_new_file("file", 0600));
  EXPECT_FALSE(fs::exists(temp_ / "file"));
}

TEST_F(DirectoryEntriesTest, MovesBetweenFolders) {
  temp_.write("a/file", "new");
  temp_.write("b/file", "old");
  ASSERT_TRUE(directory_.move("a/file", "b/file"));
  EXPECT_EQ(testing::read_bytes(temp_ / "b/file"), "new");
  EXPECT_TRUE(directory_.sync_inside("b"));
  EXPECT_EQ(directory_.move("a/file", "b/file").error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryEntriesTest, SharedLocksExcludeAnExclusiveOne) {
  temp_.write("lock", "");
  const auto first = directory_.open_file("lock").value();
  const auto second = directory_.open_file("lock").value();
  const auto third = directory_.open_file("lock").value();
  EXPECT_TRUE(try_lock_shared(first).value());
  EXPECT_TRUE(try_lock_shared(second).value());
  EXPECT_FALSE(try_lock(third).value());
}

}  // namespace
}  // namespace directory_entries_test
}  // namespace dray
