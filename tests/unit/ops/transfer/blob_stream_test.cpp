#include "transfer/blob_stream.hpp"

#include <gtest/gtest.h>

#include <dray/core/limits.hpp>
#include <dray/store/verify.hpp>

#include "../fake_places.hpp"
#include "../images.hpp"
#include "support/fake_clock.hpp"
#include "support/image_maker.hpp"

namespace dray::ops {
namespace blob_stream_test {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

class BlobStreamTest : public ::testing::Test {
 protected:
  BlobStreamTest()
      : bytes_(dray::testing::random_bytes(3 * mib + 17, 1)),
        blob_(ops::testing::put_bytes(&store_, media_types::oci_layer_gzip, bytes_)) {
    store_.forget_log();
  }

  Result<std::string> read_resumed(const std::stop_token& stop = {}) {
    BlobFetcher fetcher(store_, blob_, services_);
    ResumingSource source(fetcher, services_, [this](std::uint64_t position) { position_ = position; }, stop);
    return read_all(source, blob_.size + 100);
  }

  ops::testing::FakeStore store_;
  std::string bytes_;
  Descriptor blob_;
  dray::testing::FakeClock clock_;
  dray::testing::FixedRandom random_;
  ops::testing::RecordingObserver observer_;
  ConnectionBudget budget_{4};
  TransferTotals totals_;
  TransferServices services_{clock_, random_, observer_, budget_, totals_};
  std::uint64_t position_ = 0;
};

TEST_F(BlobStreamTest, ReadsAllInOneRequestWithoutARange) {
  EXPECT_EQ(read_resumed().value(), bytes_);
  EXPECT_EQ(store_.log(), (std::vector<std::string>{"open " + blob_.digest.text()}));
  EXPECT_EQ(position_, blob_.size);
}

TEST_F(BlobStreamTest, GoesOnWhereItWasCutForEver) {
  store_.faults.cut_every = limits::resume_progress_bytes;
  EXPECT_EQ(read_resumed().value(), bytes_);
  EXPECT_EQ(store_.bytes_sent(), blob_.size);
  EXPECT_EQ(store_.count("open "), 13U);
  EXPECT_TRUE(observer_.decided("cut at 262.1 kB of 3.1 MB"));
}

TEST_F(BlobStreamTest, GivesUpWhereCutsBringTooLittle) {
  store_.faults.cut_every = 1000;
  const auto read = read_resumed();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::unavailable);
  EXPECT_NE(read.error().message().find("broke off 6 times in a row, last at byte 6000 of"), std::string::npos)
      << read.error().message();
  EXPECT_EQ(store_.count("open "), 6U);
}

TEST_F(BlobStreamTest, WaitsLongerAfterEachCutThatBroughtNothing) {
  store_.faults.cut_every = 1000;
  ASSERT_FALSE(read_resumed());
  using std::chrono::milliseconds;
  EXPECT_EQ(clock_.sleeps(), (std::vector<milliseconds>{milliseconds(125), milliseconds(250), milliseconds(500),
                                                        milliseconds(1000), milliseconds(2000)}));
}

TEST_F(BlobStreamTest, AnOpenThatFailsAtFirstIsFinal) {
  store_.faults.fail_opens = 1;
  const auto read = read_resumed();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(store_.count("open "), 1U);
}

TEST_F(BlobStreamTest, DropsWhatAPlaceThatIgnoresRangesSendsAgain) {
  store_.faults.cut_every = 2 * mib;
  store_.faults.ignores_ranges = true;
  EXPECT_FALSE(read_resumed()) << "a cut before the last offset can never be passed";
  store_.faults.cut_every = 0;
  BlobFetcher fetcher(store_, blob_, services_);
  BlobStream stream(fetcher, services_, {});
  stream.seek({mib, 2 * mib});
  std::string got(1000, '\0');
  const auto count = stream.read(std::as_writable_bytes(std::span(got)));
  ASSERT_TRUE(count);
  EXPECT_TRUE(stream.ignores_ranges());
  EXPECT_EQ(got.substr(0, *count), bytes_.substr(mib, *count));
}

TEST_F(BlobStreamTest, ABlobThatEndsEarlyInGoodOrderIsNotWhatWasAnnounced) {
  store_.faults.lies[blob_.digest] = bytes_.substr(0, mib);
  const auto read = read_resumed();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::digest_mismatch);
  EXPECT_NE(read.error().message().find("ends after 1048576 bytes, but its descriptor says"), std::string::npos)
      << read.error().message();
}

TEST_F(BlobStreamTest, ABlobThatGoesOnIsNotWhatWasAnnounced) {
  store_.faults.lies[blob_.digest] = bytes_ + "more";
  const auto read = read_resumed();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::digest_mismatch);
  EXPECT_LE(store_.bytes_sent(), blob_.size + 1);
}

TEST_F(BlobStreamTest, StopsWhileThePeerIsSilent) {
  store_.faults.stalls.insert(blob_.digest);
  std::stop_source stop;
  stop.request_stop();
  const auto read = read_resumed(stop.get_token());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::cancelled);
}

TEST_F(BlobStreamTest, KeepsItsConnectionWhereTheNextRangeFollows) {
  BlobFetcher fetcher(store_, blob_, services_);
  BlobStream stream(fetcher, services_, {});
  std::vector<std::byte> buffer(mib);
  stream.seek({0, blob_.size});
  ASSERT_TRUE(stream.connect());
  while (stream.position() < mib) {
    ASSERT_TRUE(stream.read(ByteSpan(buffer).first(static_cast<std::size_t>(mib - stream.position()))));
  }
  stream.seek({mib, 2 * mib});
  ASSERT_TRUE(stream.read(buffer));
  EXPECT_EQ(store_.count("open "), 1U);
  stream.seek({0, mib});
  ASSERT_TRUE(stream.read(buffer));
  EXPECT_EQ(store_.count("open "), 2U);
}

TEST_F(BlobStreamTest, AnEmptyBlobIsAskedForToo) {
  blob_ = ops::testing::put_bytes(&store_, media_types::oci_layer_gzip, "");
  store_.forget_log();
  EXPECT_EQ(read_resumed().value(), "");
  EXPECT_EQ(store_.count("open "), 1U);
}

}  // namespace
}  // namespace blob_stream_test
}  // namespace dray::ops
