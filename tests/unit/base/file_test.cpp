#include <dray/base/file.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace file_test {
namespace {

namespace fs = std::filesystem;
using testing::FailNthCall;
using testing::TempDir;

class FileTest : public ::testing::Test {
 protected:
  TempDir temp_;
  Directory directory_ = Directory::open(temp_.path()).value();
};

std::string read_text(const FileDescriptor& file, std::uint64_t offset, std::size_t count) {
  std::string text(count, '\0');
  text.resize(read_at(file, offset, std::as_writable_bytes(std::span(text))).value());
  return text;
}

TEST_F(FileTest, WritesAndReadsAtOffsets) {
  const auto file = directory_.open_or_create_file("file").value();
  ASSERT_TRUE(write_at(file, 4, as_bytes("efgh")));
  ASSERT_TRUE(write_at(file, 0, as_bytes("abcd")));
  EXPECT_EQ(read_text(file, 2, 4), "cdef");
  EXPECT_EQ(read_text(file, 6, 10), "gh");
  EXPECT_EQ(read_text(file, 8, 10), "");
  EXPECT_EQ(size_of(file).value(), 8U);
}

TEST_F(FileTest, WriteReportsAFullDisk) {
  const auto file = directory_.open_or_create_file("file").value();
  FailNthCall faults(1, ENOSPC, SystemCall::write);
  const ScopedSystemFaults scope(faults);
  EXPECT_EQ(write_at(file, 0, as_bytes("x")).error().code(), ErrorCode::no_space);
}

TEST_F(FileTest, ReserveSetsSpaceAsideAndMeetsAFullDisk) {
  const auto file = directory_.open_or_create_file("file").value();
  EXPECT_TRUE(reserve(file, 1 << 20));
  EXPECT_TRUE(reserve(file, 0));
  EXPECT_EQ(reserve(file, 1ULL << 60).error().code(), ErrorCode::no_space);
}

TEST_F(FileTest, ReserveIsNoErrorWhereItCannot) {
  const auto file = directory_.open_or_create_file("file").value();
  FailNthCall faults(1, EOPNOTSUPP, SystemCall::reserve);
  const ScopedSystemFaults scope(faults);
  EXPECT_TRUE(reserve(file, 100));
}

TEST_F(FileTest, ResizeCutsAndGrows) {
  const auto file = directory_.open_or_create_file("file").value();
  ASSERT_TRUE(write_at(file, 0, as_bytes("abcd")));
  ASSERT_TRUE(resize(file, 2));
  EXPECT_EQ(read_text(file, 0, 10), "ab");
}

TEST_F(FileTest, LockIsHeldByOneDescriptorAtATime) {
  auto first = directory_.open_or_create_file("lock").value();
  const auto second = directory_.open_or_create_file("lock").value();
  EXPECT_TRUE(try_lock(first).value());
  EXPECT_FALSE(try_lock(second).value());
  first.close();
  EXPECT_TRUE(try_lock(second).value());
}

TEST_F(FileTest, SyncReportsABrokenDisk) {
  const auto file = directory_.open_or_create_file("file").value();
  EXPECT_TRUE(sync(file));
  FailNthCall faults(1, EIO, SystemCall::sync);
  const ScopedSystemFaults scope(faults);
  EXPECT_EQ(sync(file).error().code(), ErrorCode::io);
}

TEST_F(FileTest, DescriptorMovesItsFile) {
  auto first = directory_.open_or_create_file("file").value();
  const int number = first.get();
  FileDescriptor second;
  second = std::move(first);
  EXPECT_EQ(second.get(), number);
  EXPECT_FALSE(first);
}

TEST_F(FileTest, SourceGivesTheRange) {
  temp_.write("file", "0123456789");
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 4096U}) {
    FileSource source(directory_.open_file("file").value(), {2, 8});
    std::string text;
    std::string into(piece, ' ');
    while (const auto count = source.read(std::as_writable_bytes(std::span(into))).value())
      text += into.substr(0, count);
    EXPECT_EQ(text, "234567");
  }
}

TEST_F(FileTest, SourceOfAShorterFileEndsEarly) {
  temp_.write("file", "0123");
  FileSource source(directory_.open_file("file").value(), {0, 8});
  EXPECT_EQ(read_all(source, 100).error().code(), ErrorCode::unavailable);
}

TEST_F(FileTest, SourceOfAnEmptyRangeIsAtItsEnd) {
  temp_.write("file", "0123");
  FileSource source(directory_.open_file("file").value(), {2, 2});
  EXPECT_EQ(read_all(source, 100).value(), "");
}

TEST_F(FileTest, ReadFileKeepsToItsLimit) {
  temp_.write("file", "0123456789");
  EXPECT_EQ(read_file(directory_, "file", 10).value(), "0123456789");
  EXPECT_EQ(read_file(directory_, "file", 9).error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(read_file(directory_, "absent", 9).error().code(), ErrorCode::not_found);
}

TEST_F(FileTest, ReadFileOfAPathFollowsALink) {
  temp_.write("file", "hello");
  fs::create_symlink("file", temp_ / "link");
  EXPECT_EQ(read_file(temp_ / "link", 100).value(), "hello");
  EXPECT_EQ(read_file(temp_.path(), 100).error().code(), ErrorCode::invalid_input);
}

TEST_F(FileTest, ReadFileDoesNotTrustASizeOfZero) {
  const auto text = read_file("/proc/self/status", 1 << 20);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("Name:"), std::string::npos);
  EXPECT_EQ(read_file("/proc/self/status", 10).error().code(), ErrorCode::limit_exceeded);
}

TEST_F(FileTest, AtomicWriteReplacesTheWholeFile) {
  ASSERT_TRUE(write_file_atomically(directory_, "file", as_bytes("a long first text")));
  ASSERT_TRUE(write_file_atomically(directory_, "file", as_bytes("second"), 0600));
  EXPECT_EQ(testing::read_bytes(temp_ / "file"), "second");
  EXPECT_EQ(fs::status(temp_ / "file").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(directory_.list(10)->size(), 1U);
}

TEST_F(FileTest, AtomicWriteLeavesTheOldBytesOrTheNewOnesForEachFault) {
  temp_.write("folder/file", "old");
  FailNthCall counting(0, 0);
  {
    const ScopedSystemFaults scope(counting);
    ASSERT_TRUE(write_file_atomically(directory_, "folder/file", as_bytes("old")));
  }
  ASSERT_GT(counting.count(), 4U);
  for (std::size_t n = 1; n <= counting.count(); ++n) {
    SCOPED_TRACE(n);
    temp_.write("folder/file", "old");
    FailNthCall faults(n, EIO);
    {
      const ScopedSystemFaults scope(faults);
      EXPECT_FALSE(write_file_atomically(directory_, "folder/file", as_bytes("new bytes")));
    }
    const auto text = testing::read_bytes(temp_ / "folder/file");
    EXPECT_TRUE(text == "old" || text == "new bytes") << text;
    EXPECT_EQ(directory_.open_directory("folder")->list(10)->size(), 1U);
  }
}

TEST_F(FileTest, SourceSkipsInsideItsRangeAndNoFurther) {
  temp_.write("file", "0123456789");
  FileSource source(directory_.open_file("file").value(), {2, 8});
  EXPECT_EQ(source.skip(3).value(), 3U);
  EXPECT_EQ(read_all(source, 10).value(), "567");
  FileSource short_one(directory_.open_file("file").value(), {2, 8});
  EXPECT_EQ(short_one.skip(100).value(), 6U);
  EXPECT_EQ(read_all(short_one, 10).value(), "");
}

TEST_F(FileTest, TemporaryFileHasNoNameAndIsReadThroughEachOfItsDescriptors) {
  const auto file = open_temporary_file().value();
  ASSERT_TRUE(write_at(file, 0, as_bytes("bytes")));
  FileSource source(duplicate(file).value(), {0, 5});
  EXPECT_EQ(read_all(source, 10).value(), "bytes");
  EXPECT_EQ(size_of(file).value(), 5U);
}

}  // namespace
}  // namespace file_test
}  // namespace dray
