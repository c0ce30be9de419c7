#include <dray/base/file.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <string>

#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace directory_test {
namespace {

namespace fs = std::filesystem;
using ::testing::UnorderedElementsAre;

struct Kernel {
  const char* name;
  int openat2_error;
};

/// Each test runs with openat2, and with kernels or sandboxes that lack it.
class DirectoryTest : public ::testing::TestWithParam<Kernel> {
 protected:
  DirectoryTest() {
    if (GetParam().openat2_error != 0) scope_.emplace(without_openat2_);
  }
  [[nodiscard]] Directory open() const { return Directory::open(temp_.path()).value(); }

  testing::TempDir temp_;

 private:
  testing::FailNthCall without_openat2_{1, GetParam().openat2_error, SystemCall::open_beneath, true};
  std::optional<ScopedSystemFaults> scope_;
};

INSTANTIATE_TEST_SUITE_P(Kernels, DirectoryTest,
                         ::testing::Values(Kernel{"Openat2", 0}, Kernel{"WithoutOpenat2", ENOSYS},
                                           Kernel{"Openat2Forbidden", EPERM}),
                         [](const auto& row) { return row.param.name; });

TEST_P(DirectoryTest, OpenOfAnAbsentFolderIsNotFound) {
  EXPECT_EQ(Directory::open(temp_ / "absent").error().code(), ErrorCode::not_found);
}

TEST_P(DirectoryTest, OpenOfAFileIsRefused) {
  temp_.write("file", "x");
  EXPECT_EQ(Directory::open(temp_ / "file").error().code(), ErrorCode::invalid_input);
}

TEST_P(DirectoryTest, CreateMakesParents) {
  ASSERT_TRUE(Directory::create(temp_ / "a/b/c"));
  EXPECT_TRUE(fs::is_directory(temp_ / "a/b/c"));
  EXPECT_TRUE(Directory::create(temp_ / "a/b/c/"));
}

TEST_P(DirectoryTest, CreateGivesTheMode) {
  ASSERT_TRUE(Directory::create(temp_ / "private", 0700));
  EXPECT_EQ(fs::status(temp_ / "private").permissions(), fs::perms::owner_all);
}

TEST_P(DirectoryTest, CreatesAndOpensFilesBelow) {
  const auto directory = open();
  ASSERT_TRUE(directory.create_directory("a/b"));
  const auto file = directory.open_or_create_file("a/b/file").value();
  ASSERT_TRUE(write_at(file, 0, as_bytes("hello")));
  EXPECT_EQ(directory.file_size("a/b/file").value(), 5U);
  EXPECT_EQ(read_file(directory, "a/b/file", 100).value(), "hello");
  EXPECT_TRUE(directory.exists("a/b").value());
  EXPECT_FALSE(directory.exists("a/c").value());
  EXPECT_FALSE(directory.exists("c/d").value());
}

TEST_P(DirectoryTest, AbsentFilesAreNotFound) {
  const auto directory = open();
  EXPECT_EQ(directory.open_file("absent").error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory.open_file("absent/file").error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory.file_size("absent").error().code(), ErrorCode::not_found);
  EXPECT_EQ(directory.open_directory("absent").error().code(), ErrorCode::not_found);
}

TEST_P(DirectoryTest, RefusesNamesThatCouldLeaveIt) {
  fs::create_directory(temp_ / "inside");
  temp_.write("secret", "x");
  const auto directory = Directory::open(temp_ / "inside").value();
  const std::string with_nul("a\0b", 3);
  for (const auto& hostile :
       {std::string("../secret"), std::string(".."), std::string("."), std::string(""), (temp_ / "secret").string(),
        std::string("a/../../secret"), std::string("a//b"), std::string("a/"), std::string("./a"), with_nul}) {
    SCOPED_TRACE(hostile);
    EXPECT_EQ(directory.open_file(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.open_or_create_file(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.open_directory(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.create_directory(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.exists(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.file_size(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.remove_file(hostile).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.rename_and_sync(hostile, "b").error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(directory.rename_and_sync("b", hostile).error().code(), ErrorCode::invalid_input);
  }
}

TEST_P(DirectoryTest, FollowsNoLink) {
  temp_.write("outside/secret", "x");
  fs::create_directory(temp_ / "inside");
  fs::create_symlink(temp_ / "outside/secret", temp_ / "inside/file");
  fs::create_directory_symlink("../outside", temp_ / "inside/folder");
  fs::create_symlink(temp_ / "outside/new", temp_ / "inside/dangling");
  const auto directory = Directory::open(temp_ / "inside").value();
  EXPECT_EQ(directory.open_file("file").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_or_create_file("file").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_or_create_file("dangling").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_file("folder/secret").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_or_create_file("folder/new").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_directory("folder").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.create_directory("folder").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.create_directory("folder/new").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.file_size("file").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.remove_file("folder/secret").error().code(), ErrorCode::invalid_input);
  EXPECT_FALSE(fs::exists(temp_ / "outside/new"));
  EXPECT_TRUE(fs::exists(temp_ / "outside/secret"));
}

TEST_P(DirectoryTest, RefusesWhatIsNoFile) {
  const auto directory = open();
  fs::create_directory(temp_ / "folder");
  ASSERT_EQ(::mkfifo((temp_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(directory.open_file("folder").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_or_create_file("folder").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.open_file("fifo").error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(directory.file_size("folder").error().code(), ErrorCode::invalid_input);
}

TEST_P(DirectoryTest, RemovesALinkAndNotWhatItPointsAt) {
  temp_.write("target", "x");
  fs::create_symlink("target", temp_ / "link");
  EXPECT_TRUE(open().remove_file("link"));
  EXPECT_FALSE(fs::is_symlink(temp_ / "link"));
  EXPECT_TRUE(fs::exists(temp_ / "target"));
}

TEST_P(DirectoryTest, RemovingWhatIsAbsentIsNoError) {
  EXPECT_TRUE(open().remove_file("absent"));
  EXPECT_TRUE(open().remove_file("absent/file"));
  EXPECT_TRUE(open().remove_empty_directory("absent"));
}

TEST_P(DirectoryTest, RemovesOnlyEmptyFolders) {
  temp_.write("full/file", "x");
  fs::create_directory(temp_ / "empty");
  EXPECT_TRUE(open().remove_empty_directory("full"));
  EXPECT_TRUE(open().remove_empty_directory("empty"));
  EXPECT_TRUE(fs::exists(temp_ / "full/file"));
  EXPECT_FALSE(fs::exists(temp_ / "empty"));
}

TEST_P(DirectoryTest, RenameReplacesWhatIsThere) {
  temp_.write("new", "new");
  temp_.write("folder/old", "old");
  EXPECT_TRUE(open().rename_and_sync("new", "folder/old"));
  EXPECT_EQ(testing::read_bytes(temp_ / "folder/old"), "new");
  EXPECT_FALSE(fs::exists(temp_ / "new"));
  EXPECT_EQ(open().rename_and_sync("absent", "x").error().code(), ErrorCode::not_found);
}

TEST_P(DirectoryTest, NamesTellsAReplacedFile) {
  temp_.write("file", "1");
  temp_.write("other", "2");
  const auto directory = open();
  const auto file = directory.open_file("file").value();
  EXPECT_TRUE(directory.names("file", file).value());
  EXPECT_FALSE(directory.names("absent", file).value());
  ASSERT_TRUE(directory.rename_and_sync("other", "file"));
  EXPECT_FALSE(directory.names("file", file).value());
}

TEST_P(DirectoryTest, ListsNamesUpToALimit) {
  temp_.write("a", "");
  temp_.write(".b", "");
  fs::create_directory(temp_ / "c");
  const auto directory = open();
  EXPECT_THAT(directory.list(3).value(), UnorderedElementsAre("a", ".b", "c"));
  EXPECT_THAT(directory.list(3).value(), UnorderedElementsAre("a", ".b", "c"));  // from the front again
  EXPECT_EQ(directory.list(2).error().code(), ErrorCode::limit_exceeded);
}

TEST_P(DirectoryTest, TellsFreeBytes) { EXPECT_GT(open().free_bytes().value(), 0U); }

}  // namespace
}  // namespace directory_test
}  // namespace dray
