#include "journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "store_testing.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace journal_test {
namespace {

using testing::blob_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JournalTest : public ::testing::Test {
 protected:
  [[nodiscard]] Journal open(const Descriptor& blob) const { return Journal::open(root_, "journal", blob).value(); }
  [[nodiscard]] std::string bytes() const { return testing::read_bytes(temp_ / "journal"); }
  void write(const std::string& bytes) const { testing::write_bytes(temp_ / "journal", bytes); }

  testing::TempDir temp_;
  Directory root_ = Directory::open(temp_.path()).value();
  Descriptor blob_ = [] {
    auto blob = blob_of("blob");
    blob.size = 1000;
    return blob;
  }();
};

TEST_F(JournalTest, TellsWhatWasAppended) {
  {
    auto journal = open(blob_);
    EXPECT_THAT(journal.found().ranges(), IsEmpty());
    ASSERT_TRUE(journal.append({0, 10}));
    ASSERT_TRUE(journal.append({500, 700}));
    ASSERT_TRUE(journal.append({10, 30}));
  }
  {
    auto journal = open(blob_);
    EXPECT_THAT(journal.found().ranges(), ElementsAre(ByteRange{0, 30}, ByteRange{500, 700}));
    ASSERT_TRUE(journal.append({30, 40}));
  }
  EXPECT_THAT(open(blob_).found().ranges(), ElementsAre(ByteRange{0, 40}, ByteRange{500, 700}));
  EXPECT_EQ(bytes().size(), journal_header_bytes + 4 * journal_record_bytes);
}

TEST_F(JournalTest, TornAtAnyByteItTellsOnlyWhatIsWhole) {
  {
    auto journal = open(blob_);
    for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(journal.append({i * 100, i * 100 + 50}));
  }
  const auto whole = bytes();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    write(whole.substr(0, cut));
    const auto records = cut < journal_header_bytes ? 0 : (cut - journal_header_bytes) / journal_record_bytes;
    {
      auto journal = open(blob_);
      ASSERT_EQ(journal.found().ranges().size(), records);
      ASSERT_TRUE(journal.append({900, 1000}));  // behind the torn record, not over it
    }
    ASSERT_EQ(open(blob_).found().ranges().size(), records + 1);
  }
}

TEST_F(JournalTest, AnyFlippedBitCostsTheRecordOrTheJournal) {
  {
    auto journal = open(blob_);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(journal.append({i * 100, i * 100 + 50}));
  }
  const auto whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    ASSERT_EQ(decode_journal(as_bytes(flipped), blob_).ranges().size(), at < journal_header_bytes ? 0U : 2U) << at;
  }
}

TEST_F(JournalTest, JournalOfAnotherBlobIsBegunAnew) {
  {
    ASSERT_TRUE(open(blob_).append({0, 10}));
  }
  auto other = blob_;
  other.size = 1001;
  EXPECT_THAT(open(other).found().ranges(), IsEmpty());
  EXPECT_EQ(bytes().size(), journal_header_bytes);
  EXPECT_THAT(open(blob_).found().ranges(), IsEmpty());
}

TEST_F(JournalTest, RecordOfAnotherJournalDoesNotCount) {
  auto other = blob_of("other");
  other.size = 1000;
  const auto header = encode_journal_header(blob_);
  const auto record = encode_journal_record(encode_journal_header(other), {0, 10});
  std::string bytes(as_text(header));
  bytes += as_text(record);
  EXPECT_THAT(decode_journal(as_bytes(bytes), blob_).ranges(), IsEmpty());
}

TEST_F(JournalTest, RangesTheBlobDoesNotHaveDoNotCount) {
  const auto header = encode_journal_header(blob_);
  std::string bytes(as_text(header));
  for (const auto range : {ByteRange{0, 1001}, ByteRange{10, 10}, ByteRange{20, 10}, ByteRange{~0ULL - 1, ~0ULL}}) {
    bytes += as_text(encode_journal_record(header, range));
  }
  EXPECT_THAT(decode_journal(as_bytes(bytes), blob_).ranges(), IsEmpty());
}

/// A journal of single bytes with gaps between them, the last one first.
std::string islands(const Descriptor& blob, std::uint64_t count) {
  const auto header = encode_journal_header(blob);
  std::string bytes(as_text(header));
  for (auto i = count; i-- > 0;) bytes += as_text(encode_journal_record(header, {2 * i, 2 * i + 1}));
  return bytes;
}

TEST_F(JournalTest, MoreRangesThanAnyWriterLeavesAreNotBelieved) {
  blob_.size = 1'000'000;
  const auto all = islands(blob_, max_journal_ranges);
  EXPECT_EQ(decode_journal(as_bytes(all), blob_).ranges().size(), max_journal_ranges);
  EXPECT_THAT(decode_journal(as_bytes(islands(blob_, max_journal_ranges + 1)), blob_).ranges(), IsEmpty());
}

TEST_F(JournalTest, ForgedOneCostsNoTime) {
  blob_.size = 10'000'000;
  const auto forged = islands(blob_, 300'000);
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(decode_journal(as_bytes(forged), blob_).ranges(), IsEmpty());
  // Put in as they come, they take minutes, and the 2.7 million that a journal can hold take hours.
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(20));
}

TEST_F(JournalTest, TheBytesAreThoseOfTheirPage) {
  const auto header = encode_journal_header(blob_);
  EXPECT_EQ(as_text(header).substr(0, 8), "draypart");
  EXPECT_EQ(as_text(header).substr(8, 16), std::string_view("\1\0\0\0\x47\0\0\0\xe8\x03\0\0\0\0\0\0", 16));
  EXPECT_EQ(as_text(header).substr(24, 71), blob_.digest.text());
  const auto record = encode_journal_record(header, {1, 0x0203});
  EXPECT_EQ(as_text(record).substr(0, 16), std::string_view("\1\0\0\0\0\0\0\0\3\2\0\0\0\0\0\0", 16));
}

}  // namespace
}  // namespace journal_test
}  // namespace dray
