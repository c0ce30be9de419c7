#include "partial_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "store_testing.hpp"
#include "support/killed_at.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace partial_file_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::pattern;

class PartialFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<PartialFile> begin(const Descriptor& blob) const {
    auto begun = PartialFile::begin(root_, blob, system_clock(), {});
    EXPECT_TRUE(begun) << begun.error().message();
    return std::move(begun).value();
  }
  [[nodiscard]] bool published(const Descriptor& blob) const { return fs::exists(temp_ / blob_path(blob.digest)); }
  [[nodiscard]] std::string content(const Descriptor& blob) const {
    return testing::read_bytes(temp_ / blob_path(blob.digest));
  }
  [[nodiscard]] std::size_t temporary_files() const {
    const auto folder = temp_ / ".dray-tmp";
    if (!fs::exists(folder)) return 0;
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  testing::TempDir temp_;
  std::shared_ptr<const Directory> root_ = std::make_shared<Directory>(Directory::open(temp_.path()).value());
};

Result<void> write_range(PartialFile& file, const std::string& bytes, ByteRange range, std::size_t piece) {
  for (auto at = range.begin; at < range.end; at += piece) {
    const auto count = std::min<std::uint64_t>(piece, range.end - at);
    DRAY_TRY(file.write(at, as_bytes(bytes).subspan(at, count)));
  }
  return {};
}

TEST_F(PartialFileTest, WritesFromFrontToEnd) {
  const auto bytes = pattern(1'000'003);
  for (const std::size_t piece : {1000UL, 4096UL, 16'384UL, 262'144UL, 2'000'000UL}) {
    const auto blob = blob_of(bytes);
    const auto file = begin(blob);
    EXPECT_FALSE(file->resumed());
    EXPECT_THAT(file->missing(), ElementsAre(ByteRange{0, blob.size}));
    ASSERT_TRUE(write_range(*file, bytes, {0, blob.size}, piece));
    EXPECT_THAT(file->missing(), IsEmpty());
    EXPECT_FALSE(published(blob));
    ASSERT_TRUE(file->commit({}));
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(temporary_files(), 0U);
    fs::remove(temp_ / blob_path(blob.digest));
  }
}

TEST_F(PartialFileTest, ThrownAwayTwiceHarmsNoOtherWriter) {
  const auto bytes = pattern(1'000'003);
  const auto blob = blob_of(bytes);
  const auto wrong = begin(blob);
  ASSERT_TRUE(write_range(*wrong, std::string(bytes.size(), 'x'), {0, blob.size}, 65'536));
  ASSERT_FALSE(wrong->commit({}));  // throws its bytes away and gives the name free
  const auto right = begin(blob);
  ASSERT_TRUE(write_range(*right, bytes, {0, blob.size}, 65'536));
  wrong->discard();
  const auto committed = right->commit({});
  ASSERT_TRUE(committed) << committed.error().message();
  EXPECT_EQ(content(blob), bytes);
}

TEST_F(PartialFileTest, PublishesOnlyTheFileThatItVerified) {
  const auto bytes = pattern(1'000'003);
  const auto blob = blob_of(bytes);
  const auto file = begin(blob);
  ASSERT_TRUE(write_range(*file, bytes, {0, blob.size}, 65'536));
  const auto path = temp_ / ".dray-tmp" / partial_name(blob.digest);
  fs::remove(path);  // somebody tidied up, and somebody else began anew under the same name
  std::ofstream(path) << "half of it";
  const auto committed = file->commit({});
  ASSERT_FALSE(committed);
  EXPECT_FALSE(published(blob));
  EXPECT_EQ(testing::read_bytes(path), "half of it");
}

TEST_F(PartialFileTest, SingleStreamIsNeverReadBack) {
  const auto bytes = pattern(3'000'000);
  testing::FailNthCall faults(1, EIO, SystemCall::read, true);
  const auto file = begin(blob_of(bytes));
  const ScopedSystemFaults scope(faults);
  ASSERT_TRUE(write_range(*file, bytes, {0, bytes.size()}, 16'384));
  EXPECT_TRUE(file->commit({}));
  EXPECT_EQ(faults.count(), 0U);
}

TEST_F(PartialFileTest, EmptyBlob) {
  const auto file = begin(blob_of(""));
  EXPECT_THAT(file->missing(), IsEmpty());
  ASSERT_TRUE(file->commit({}));
  EXPECT_EQ(content(blob_of("")), "");
}

TEST_F(PartialFileTest, AnyOrderGivesTheSameContent) {
  const auto bytes = pattern(1'500'000);
  const auto blob = blob_of(bytes);
  std::mt19937 random(11);
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE(round);
    std::vector<ByteRange> pieces;
    for (std::uint64_t at = 0; at < blob.size;) {
      const auto end = std::min(blob.size, at + 1 + random() % 200'000);
      pieces.push_back({at, end});
      at = end;
    }
    std::shuffle(pieces.begin(), pieces.end(), random);
    const auto file = begin(blob);
    for (const auto& piece : pieces) ASSERT_TRUE(write_range(*file, bytes, piece, 30'000));
    ASSERT_TRUE(file->commit({}));
    ASSERT_EQ(content(blob), bytes);
    fs::remove(temp_ / blob_path(blob.digest));
  }
}

/// Where the file system shares no blocks the blob is written, as if nobody had asked: both are tried here, whichever
/// the temporary folder is on.
TEST_F(PartialFileTest, TakesAWholeFileAtOnceWhereBlocksCanBeShared) {
  const auto bytes = pattern(3'000'017);
  const auto blob = blob_of(bytes);
  testing::write_bytes(temp_ / "there", bytes);
  const auto there = root_->open_file("there").value();
  const auto file = begin(blob);
  const auto cloned = file->clone(there);
  ASSERT_TRUE(cloned) << cloned.error().message();
  EXPECT_EQ(file->missing().empty(), *cloned);
  if (!*cloned) {
    ASSERT_TRUE(write_range(*file, bytes, {0, blob.size}, 100'000));
  }
  ASSERT_TRUE(file->commit({}));
  EXPECT_EQ(content(blob), bytes);
  testing::write_bytes(temp_ / "there", "changed afterwards");
  EXPECT_EQ(content(blob), bytes);
}

TEST_F(PartialFileTest, SharedBlocksAreVerifiedToo) {
  const auto bytes = pattern(300'000);
  auto other = bytes;
  other.back() = static_cast<char>(~other.back());
  testing::write_bytes(temp_ / "there", other);
  const auto blob = blob_of(bytes);
  const auto file = begin(blob);
  const auto cloned = file->clone(root_->open_file("there").value());
  ASSERT_TRUE(cloned);
  // Nothing was shared that could be wrong; TakesAWholeFileAtOnce… holds on every file system.
  if (!*cloned) GTEST_SKIP() << "the temporary folder is on a file system that shares no blocks";
  const auto done = file->commit({});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(published(blob));
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(PartialFileTest, FileOfAnotherSizeIsNotTaken) {
  const auto bytes = pattern(300'000);
  testing::write_bytes(temp_ / "there", bytes + "more");
  const auto file = begin(blob_of(bytes));
  const auto cloned = file->clone(root_->open_file("there").value());
  if (cloned) {
    EXPECT_FALSE(*cloned);
  } else {
    EXPECT_EQ(cloned.error().code(), ErrorCode::digest_mismatch);
  }
  EXPECT_FALSE(published(blob_of(bytes)));
}

TEST_F(PartialFileTest, WhatIsThereIsNotSharedOver) {
  const auto bytes = pattern(300'000);
  testing::write_bytes(temp_ / "there", bytes);
  const auto blob = blob_of(bytes);
  const auto file = begin(blob);
  ASSERT_TRUE(write_range(*file, bytes, {0, 1000}, 1000));
  const auto cloned = file->clone(root_->open_file("there").value());
  ASSERT_TRUE(cloned);
  EXPECT_FALSE(*cloned);
  EXPECT_THAT(file->missing(), ElementsAre(ByteRange{1000, blob.size}));
}

TEST_F(PartialFileTest, ThreadsWriteRangesOfTheirOwn) {
  const auto bytes = pattern(8'000'000);
  const auto blob = blob_of(bytes);
  const auto file = begin(blob);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < 4; ++i) {
      threads.emplace_back(
          [&, i] { EXPECT_TRUE(write_range(*file, bytes, {i * 2'000'000, (i + 1) * 2'000'000}, 16'384)); });
    }
  }
  ASSERT_TRUE(file->commit({}));
  EXPECT_EQ(content(blob), bytes);
}

TEST_F(PartialFileTest, WhatStandsIsNotWrittenAgain) {
  const auto bytes = pattern(100'000);
  const auto file = begin(blob_of(bytes));
  ASSERT_TRUE(file->write(10'000, as_bytes(bytes).subspan(10'000, 10'000)));
  const auto rubbish = std::string(30'000, '!');
  auto overlapping = bytes.substr(0, 30'000);
  overlapping.replace(10'000, 10'000, rubbish, 0, 10'000);
  ASSERT_TRUE(file->write(0, as_bytes(overlapping)));
  ASSERT_TRUE(write_range(*file, rubbish, {0, 30'000}, 7'000));
  EXPECT_THAT(file->missing(), ElementsAre(ByteRange{30'000, 100'000}));
  ASSERT_TRUE(write_range(*file, bytes, {30'000, 100'000}, 7'000));
  ASSERT_TRUE(file->commit({}));
  EXPECT_EQ(content(blob_of(bytes)), bytes);
}

TEST_F(PartialFileTest, MoreThanTheBlobHasIsRefused) {
  const auto bytes = pattern(100);
  const auto file = begin(blob_of(bytes));
  EXPECT_EQ(file->write(1, as_bytes(bytes)).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(file->write(101, {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(file->write(~std::uint64_t{0}, as_bytes(bytes)).error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(file->missing(), ElementsAre(ByteRange{0, 100}));
}

TEST_F(PartialFileTest, IncompleteIsNotCommitted) {
  const auto bytes = pattern(100);
  const auto file = begin(blob_of(bytes));
  ASSERT_TRUE(file->write(1, as_bytes(bytes).subspan(1)));
  EXPECT_FALSE(file->commit({}));
  EXPECT_FALSE(published(blob_of(bytes)));
  ASSERT_TRUE(file->write(0, as_bytes(bytes).first(1)));
  EXPECT_TRUE(file->commit({}));
}

TEST_F(PartialFileTest, WrongBytesAreThrownAway) {
  const auto bytes = pattern(1'000'000);
  const auto wrong = pattern(1'000'000, 2);
  {
    const auto file = begin(blob_of(bytes));
    ASSERT_TRUE(write_range(*file, wrong, {0, wrong.size()}, 100'000));
    EXPECT_EQ(file->commit({}).error().code(), ErrorCode::digest_mismatch);
  }
  EXPECT_FALSE(published(blob_of(bytes)));
  EXPECT_EQ(temporary_files(), 0U);
  EXPECT_FALSE(begin(blob_of(bytes))->resumed());
}

TEST_F(PartialFileTest, AbandonedWithoutBytesLeavesNothing) {
  (void)begin(blob_of(pattern(1'000'000)));
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(PartialFileTest, NextOneGoesOnWhereThisOneStopped) {
  for (const std::size_t size : {1'000UL, 3'000'000UL}) {
    SCOPED_TRACE(size);
    const auto bytes = pattern(size);
    const auto blob = blob_of(bytes);
    {
      const auto file = begin(blob);
      ASSERT_TRUE(write_range(*file, bytes, {size / 2, size / 2 + 300}, 100));
      ASSERT_TRUE(write_range(*file, bytes, {0, size / 4}, 1'000));
    }
    EXPECT_FALSE(published(blob));
    {
      const auto file = begin(blob);
      EXPECT_TRUE(file->resumed());
      ASSERT_THAT(file->missing(), ElementsAre(ByteRange{size / 4, size / 2}, ByteRange{size / 2 + 300, size}));
      ASSERT_TRUE(write_range(*file, bytes, {size / 2 + 300, size}, 50'000));
    }
    const auto file = begin(blob);
    ASSERT_THAT(file->missing(), ElementsAre(ByteRange{size / 4, size / 2}));
    ASSERT_TRUE(write_range(*file, bytes, {size / 4, size / 2}, 50'000));
    ASSERT_TRUE(file->commit({}));
    EXPECT_EQ(content(blob), bytes);
    EXPECT_EQ(temporary_files(), 0U);
  }
}

TEST_F(PartialFileTest, SpoiledLeftoverIsThrownAwayAtCommit) {
  const auto bytes = pattern(1'000'000);
  const auto blob = blob_of(bytes);
  {
    const auto file = begin(blob);
    ASSERT_TRUE(write_range(*file, bytes, {0, 600'000}, 100'000));
  }
  {  // as after a power cut: the journal is there and the bytes are not
    const auto name = std::string(".dray-tmp/") + partial_name(blob.digest);
    const auto file = root_->open_or_create_file(name).value();
    ASSERT_TRUE(write_at(file, 1'000, as_bytes("rubbish")));
  }
  {
    const auto file = begin(blob);
    ASSERT_TRUE(write_range(*file, bytes, {600'000, 1'000'000}, 100'000));
    EXPECT_EQ(file->commit({}).error().code(), ErrorCode::digest_mismatch);
  }
  const auto file = begin(blob);
  EXPECT_FALSE(file->resumed());
  ASSERT_TRUE(write_range(*file, bytes, {0, 1'000'000}, 100'000));
  EXPECT_TRUE(file->commit({}));
}

TEST_F(PartialFileTest, JournalWithoutItsFileIsNotBelieved) {
  const auto bytes = pattern(1'000'000);
  const auto blob = blob_of(bytes);
  {
    const auto file = begin(blob);
    ASSERT_TRUE(write_range(*file, bytes, {0, 600'000}, 100'000));
  }
  fs::remove(temp_ / ".dray-tmp" / partial_name(blob.digest));
  EXPECT_FALSE(begin(blob)->resumed());
}

TEST_F(PartialFileTest, FileWithoutItsJournalIsNotBelieved) {
  const auto bytes = pattern(1'000'000);
  const auto blob = blob_of(bytes);
  testing::write_bytes(temp_ / ".dray-tmp" / partial_name(blob.digest), pattern(2'000'000, 3));
  const auto file = begin(blob);
  EXPECT_FALSE(file->resumed());
  ASSERT_TRUE(write_range(*file, bytes, {0, bytes.size()}, 100'000));
  ASSERT_TRUE(file->commit({}));
  EXPECT_EQ(content(blob), bytes);
}

TEST_F(PartialFileTest, LinkInPlaceOfThePartialFileIsRefused) {
  const auto blob = blob_of("hello");
  fs::create_directories(temp_ / ".dray-tmp");
  temp_.write("victim", "untouched");
  fs::create_symlink(temp_ / "victim", temp_ / ".dray-tmp" / partial_name(blob.digest));
  EXPECT_EQ(PartialFile::begin(root_, blob, system_clock(), {}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(testing::read_bytes(temp_ / "victim"), "untouched");
}

TEST_F(PartialFileTest, SecondWriterWaitsAndFindsTheBlobThere) {
  const auto bytes = pattern(10'000);
  auto first = begin(blob_of(bytes));
  std::atomic<bool> returned = false;
  std::jthread second([&] {
    const auto file = begin(blob_of(bytes));
    returned = true;
    EXPECT_EQ(file, nullptr);
  });
  ASSERT_TRUE(write_range(*first, bytes, {0, bytes.size()}, 1'000));
  EXPECT_FALSE(returned);
  ASSERT_TRUE(first->commit({}));
  second.join();
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(PartialFileTest, SecondWriterGoesOnWhereTheFirstGaveUp) {
  const auto bytes = pattern(10'000);
  auto first = begin(blob_of(bytes));
  ASSERT_TRUE(first->write(0, as_bytes(bytes).first(4'000)));
  std::jthread second([&] {
    const auto file = begin(blob_of(bytes));
    ASSERT_NE(file, nullptr);
    EXPECT_THAT(file->missing(), ElementsAre(ByteRange{4'000, 10'000}));
  });
  first.reset();
}

TEST_F(PartialFileTest, WaitingEndsWhenStopped) {
  const auto blob = blob_of("hello");
  const auto first = begin(blob);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(PartialFile::begin(root_, blob, system_clock(), stop.get_token()).error().code(), ErrorCode::cancelled);
}

TEST_F(PartialFileTest, StoppedCommitKeepsTheBytes) {
  const auto bytes = pattern(1'000'000);
  const auto blob = blob_of(bytes);
  std::stop_source stop;
  stop.request_stop();
  {
    const auto file = begin(blob);
    ASSERT_TRUE(write_range(*file, bytes, {10'000, 1'000'000}, 10'000));
    ASSERT_TRUE(file->write(0, as_bytes(bytes).first(10'000)));  // little: most is left to be hashed by the commit
    const auto committed = file->commit(stop.get_token());
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code(), ErrorCode::cancelled);
  }
  const auto file = begin(blob);
  EXPECT_THAT(file->missing(), IsEmpty());
  EXPECT_TRUE(file->commit({}));
}

TEST_F(PartialFileTest, BlobThatIsThereNeedsNoWriter) {
  const auto blob = blob_of("hello");
  testing::write_bytes(temp_ / blob_path(blob.digest), "hello");
  EXPECT_EQ(begin(blob), nullptr);
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(PartialFileTest, SizeOfTheMachinesLimitIsRefusedAtOnce) {
  auto blob = blob_of("hello");
  blob.size = ~std::uint64_t{0};
  EXPECT_EQ(PartialFile::begin(root_, blob, system_clock(), {}).error().code(), ErrorCode::limit_exceeded);
  blob.size = std::uint64_t{1} << 62U;
  const auto begun = PartialFile::begin(root_, blob, system_clock(), {});
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), ErrorCode::no_space) << begun.error().message();
  EXPECT_EQ(temporary_files(), 0U);
}

TEST_F(PartialFileTest, FailedSyncIsFinal) {
  const auto bytes = pattern(1'000);
  const auto file = begin(blob_of(bytes));
  ASSERT_TRUE(file->write(0, as_bytes(bytes)));
  {
    testing::FailNthCall faults(1, EIO, SystemCall::sync);
    const ScopedSystemFaults scope(faults);
    EXPECT_EQ(file->commit({}).error().code(), ErrorCode::io);
  }
  EXPECT_FALSE(published(blob_of(bytes)));
  EXPECT_EQ(temporary_files(), 0U);
}

// Faults

Result<void> store_in_two_parts(const std::shared_ptr<const Directory>& root, const std::string& bytes) {
  DRAY_TRY_ASSIGN(const auto file, PartialFile::begin(root, blob_of(bytes), system_clock(), {}));
  if (!file) return {};
  const auto half = bytes.size() / 2;
  for (const auto& range : file->missing()) {
    if (range.end > half) DRAY_TRY(write_range(*file, bytes, {std::max(range.begin, half), range.end}, 100'000));
    if (range.begin < half) DRAY_TRY(write_range(*file, bytes, {range.begin, std::min(range.end, half)}, 100'000));
  }
  return file->commit({});
}

struct FaultCase {
  const char* name;
  int error;
  bool for_ever;
};

class PartialFileFaults : public PartialFileTest, public ::testing::WithParamInterface<FaultCase> {};
INSTANTIATE_TEST_SUITE_P(Errors, PartialFileFaults,
                         ::testing::Values(FaultCase{"FullDiskOnce", ENOSPC, false},
                                           FaultCase{"FullDiskForEver", ENOSPC, true},
                                           FaultCase{"BrokenDiskOnce", EIO, false},
                                           FaultCase{"BrokenDiskForEver", EIO, true}),
                         [](const auto& row) { return row.param.name; });

TEST_P(PartialFileFaults, NothingHalfDoneIsPublishedAndTheNextTrySucceeds) {
  const auto bytes = pattern(600'000);
  const auto blob = blob_of(bytes);
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    SCOPED_TRACE(n);
    ASSERT_LT(n, 1000U);
    testing::FailNthCall faults(n, GetParam().error, {}, GetParam().for_ever);
    {
      const ScopedSystemFaults scope(faults);
      const auto stored = store_in_two_parts(root_, bytes);
      EXPECT_TRUE(!stored || published(blob));
    }
    reached_end = faults.count() < n;
    if (published(blob)) {
      ASSERT_EQ(content(blob), bytes);
    }
    const auto again = store_in_two_parts(root_, bytes);
    ASSERT_TRUE(again) << again.error().message();
    ASSERT_EQ(content(blob), bytes);
    fs::remove_all(temp_ / "blobs");
    fs::remove_all(temp_ / ".dray-tmp");
  }
}

TEST_F(PartialFileTest, KilledAtAnySystemCallTheNextProcessFinishesIt) {
  const auto bytes = pattern(600'000);
  const auto blob = blob_of(bytes);
  bool killed = true;
  for (std::size_t n = 1; killed; ++n) {
    SCOPED_TRACE(n);
    killed = testing::killed_at(n, [&] { (void)store_in_two_parts(root_, bytes); });
    if (published(blob)) {
      ASSERT_EQ(content(blob), bytes);
    }
    const auto again = store_in_two_parts(root_, bytes);
    ASSERT_TRUE(again) << again.error().message();
    ASSERT_EQ(content(blob), bytes);
    fs::remove_all(temp_ / "blobs");
    fs::remove_all(temp_ / ".dray-tmp");
  }
}

TEST_F(PartialFileTest, KilledAtRandomWritesLittleIsLostOfEachStream) {
  const auto bytes = pattern(3'000'000);
  const auto blob = blob_of(bytes);
  constexpr std::uint64_t lost_at_most = 256 * 1024 + 2 * 16'384;
  std::mt19937 random(5);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE(round);
    const auto pieces = 1 + random() % 180;  // of 16 KiB, for two streams in turn
    const auto child = ::fork();
    if (child == 0) {
      const auto file = PartialFile::begin(root_, blob, system_clock(), {}).value();
      for (std::uint64_t i = 0; i < pieces; ++i) {
        const auto at = (i % 2) * 1'500'000 + (i / 2) * 16'384;
        (void)file->write(at, as_bytes(bytes).subspan(at, 16'384));
      }
      ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    {
      const auto file = begin(blob);
      std::uint64_t absent = 0;
      for (const auto& range : file->missing()) absent += range.size();
      EXPECT_LE(absent, bytes.size() - pieces * 16'384 + 2 * lost_at_most);
      for (const auto& range : file->missing()) ASSERT_TRUE(write_range(*file, bytes, range, 100'000));
      ASSERT_TRUE(file->commit({}));
    }
    ASSERT_EQ(content(blob), bytes);
    fs::remove(temp_ / blob_path(blob.digest));
  }
}

}  // namespace
}  // namespace partial_file_test
}  // namespace dray
