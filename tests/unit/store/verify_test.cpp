#include <dray/store/verify.hpp>

#include <gtest/gtest.h>
#include <dray/core/limits.hpp>
#include <dray/store/memory_store.hpp>

#include "store_testing.hpp"

namespace dray {
namespace verify_test {
namespace {

using testing::blob_of;
using testing::pattern;
using testing::PieceSource;

Result<std::string> read_verified(std::string bytes, const Descriptor& expected, std::size_t piece) {
  const auto source = verify(std::make_unique<PieceSource>(std::move(bytes), piece), expected);
  return read_all(*source, 1 << 20);
}

class VerifyInPieces : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, VerifyInPieces, ::testing::Values(1, 2, 3, 7, 4096),
                         [](const auto& row) { return "Of" + std::to_string(row.param); });

TEST_P(VerifyInPieces, RightBytesPass) {
  const auto bytes = pattern(10'000);
  EXPECT_EQ(read_verified(bytes, blob_of(bytes), GetParam()).value(), bytes);
  EXPECT_EQ(read_verified(bytes, blob_of(bytes, DigestAlgorithm::sha512), GetParam()).value(), bytes);
  EXPECT_EQ(read_verified("", blob_of(""), GetParam()).value(), "");
}

TEST_P(VerifyInPieces, WrongBytesDoNotReachTheirEnd) {
  const auto bytes = pattern(10'000);
  auto wrong = bytes;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  for (const auto& sent : {wrong, bytes + "x", bytes.substr(1), bytes.substr(0, 9'999), std::string()}) {
    EXPECT_EQ(read_verified(sent, blob_of(bytes), GetParam()).error().code(), ErrorCode::digest_mismatch);
  }
}

TEST_P(VerifyInPieces, TheLastBytesAreHeldBackWhenTheyAreWrong) {
  auto bytes = pattern(10'000);
  const auto blob = blob_of(bytes);
  bytes.front() = static_cast<char>(bytes.front() ^ 1);
  const auto source = verify(std::make_unique<PieceSource>(bytes, GetParam()), blob);
  std::string into(4096, ' ');
  std::size_t given = 0;
  while (true) {
    const auto count = source->read(std::as_writable_bytes(std::span(into)));
    if (!count) break;
    ASSERT_NE(*count, 0U);
    given += *count;
  }
  EXPECT_LT(given, bytes.size());
  EXPECT_EQ(source->read(std::as_writable_bytes(std::span(into))).error().code(), ErrorCode::digest_mismatch);
}

TEST(Verify, SizeZeroWithAnotherDigestIsRefused) {
  auto blob = blob_of("something");
  blob.size = 0;
  EXPECT_EQ(read_verified("", blob, 10).error().code(), ErrorCode::digest_mismatch);
}

TEST(Verify, HugeSizeIsOnlyAClaim) {
  auto blob = blob_of("something");
  for (const auto size : {std::uint64_t{1} << 63U, ~std::uint64_t{0}}) {
    blob.size = size;
    EXPECT_EQ(read_verified("something", blob, 10).error().code(), ErrorCode::digest_mismatch);
  }
}

/// Never ends.
class EndlessSource final : public ByteSource {
 public:
  Result<std::size_t> read(ByteSpan into) override { return into.size(); }
};

TEST(Verify, EndlessBodyIsCutOneByteBehindTheSize) {
  const auto source = verify(std::make_unique<EndlessSource>(), blob_of(std::string(100, '\0')));
  EXPECT_EQ(read_all(*source, 1 << 20).error().code(), ErrorCode::digest_mismatch);
}

TEST(Verify, BytesAtHand) {
  EXPECT_TRUE(verify(as_bytes("hello"), blob_of("hello")));
  EXPECT_EQ(verify(as_bytes("hellO"), blob_of("hello")).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(verify(as_bytes("hello "), blob_of("hello")).error().code(), ErrorCode::digest_mismatch);
}

TEST(ReadBlob, KeepsToItsLimit) {
  MemoryStore store;
  const auto bytes = pattern(1000);
  ASSERT_TRUE(store.put_blob(blob_of(bytes), testing::opener(bytes), {}));
  EXPECT_EQ(read_blob(store, blob_of(bytes), 1000, {}).value(), bytes);
  EXPECT_EQ(read_blob(store, blob_of(bytes), 999, {}).error().code(), ErrorCode::limit_exceeded);
}

TEST(ReadBlob, TakesEmbeddedBytesWhenTheyAreRight) {
  MemoryStore empty;
  auto blob = blob_of("{}");
  blob.data = "{}";
  EXPECT_EQ(read_blob(empty, blob, 100, {}).value(), "{}");
  blob.data = "[]";
  EXPECT_EQ(read_blob(empty, blob, 100, {}).error().code(), ErrorCode::digest_mismatch);
}

}  // namespace
}  // namespace verify_test
}  // namespace dray
