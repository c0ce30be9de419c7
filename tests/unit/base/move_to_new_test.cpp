#include <gtest/gtest.h>

#include <cerrno>
#include <dray/base/move_to_new.hpp>
#include <filesystem>

#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace move_to_new_test {
namespace {

namespace fs = std::filesystem;

/// With the flag, and as file systems do that have none.
class MoveToNew : public ::testing::TestWithParam<int> {
 protected:
  MoveToNew() : directory_(Directory::open(temp_.path()).value()) { temp_.write("from", "new"); }
  Result<void> move(const std::string& to) {
    testing::FailNthCall faults(GetParam() == 0 ? 0 : 1, GetParam(), SystemCall::rename);
    const ScopedSystemFaults installed(faults);
    return move_to_new(directory_, "from", to);
  }

  testing::TempDir temp_;
  Directory directory_;
};

TEST_P(MoveToNew, MovesToANameThatNothingHas) {
  fs::create_directory(temp_ / "folder");
  ASSERT_TRUE(move("folder/to"));
  EXPECT_EQ(testing::read_bytes(temp_ / "folder/to"), "new");
  EXPECT_FALSE(fs::exists(temp_ / "from"));
}

TEST_P(MoveToNew, WhatIsThereStays) {
  temp_.write("file", "old");
  fs::create_symlink("nowhere", temp_ / "link");
  fs::create_directory(temp_ / "folder");
  for (const std::string to : {"file", "link", "folder"}) {
    const auto moved = move(to);
    ASSERT_FALSE(moved) << to;
    EXPECT_EQ(moved.error().code(), ErrorCode::conflict) << to;
  }
  EXPECT_EQ(testing::read_bytes(temp_ / "file"), "old");
  EXPECT_TRUE(fs::is_symlink(temp_ / "link"));
  EXPECT_EQ(testing::read_bytes(temp_ / "from"), "new");
}

TEST_P(MoveToNew, NeverLeavesTheFolder) {
  EXPECT_FALSE(move("../to"));
  EXPECT_FALSE(move("/to"));
  EXPECT_FALSE(move("none/to"));
}

INSTANTIATE_TEST_SUITE_P(Kernels, MoveToNew, ::testing::Values(0, EINVAL, ENOSYS));

}  // namespace
}  // namespace move_to_new_test
}  // namespace dray
