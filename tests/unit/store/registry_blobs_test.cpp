#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "registry_testing.hpp"

namespace dray {
namespace registry_blobs_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using testing::bytes_of;
using ::testing::IsEmpty;
using testing::pattern;
using testing::push_blob;
using testing::read_bytes;
using testing::write_bytes;

class RegistryBlobs : public testing::RegistryFolderTest {};

TEST_F(RegistryBlobs, LieWhereDistributionLooksForThem) {
  const auto digest = push_blob(*registry_, "library/alpine", "hello");
  const std::string hex(digest.hex());
  EXPECT_EQ(read_bytes(tree("blobs/sha256/" + hex.substr(0, 2) + "/" + hex + "/data")), "hello");
  EXPECT_EQ(read_bytes(tree("repositories/library/alpine/_layers/sha256/" + hex + "/link")), digest.text());
}

TEST_F(RegistryBlobs, CanBeOfSha512) {
  const auto digest = push_blob(*registry_, "a", "hello", DigestAlgorithm::sha512);
  EXPECT_EQ(read_bytes(blob_path(digest)), "hello");
  EXPECT_EQ(read_bytes(link_path("a", "_layers", digest)), digest.text());
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), "hello");
}

TEST_F(RegistryBlobs, AreGivenBackAsTheyCame) {
  const auto bytes = pattern(3'000'000);
  const auto digest = push_blob(*registry_, "a", bytes);
  EXPECT_EQ(registry_->blob_size("a", digest).value(), bytes.size());
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), bytes);
}

TEST_F(RegistryBlobs, OfNoBytesAreBlobsToo) {
  const auto digest = push_blob(*registry_, "a", "");
  EXPECT_EQ(registry_->blob_size("a", digest).value(), 0U);
}

TEST_F(RegistryBlobs, StayOpenWhateverHappensToThem) {
  const auto digest = push_blob(*registry_, "a", "hello");
  auto opened = registry_->open_blob("a", digest).value();
  ASSERT_TRUE(registry_->remove_blob("a", digest));
  fs::remove(blob_path(digest));
  EXPECT_EQ(bytes_of(std::move(opened)), "hello");
}

TEST_F(RegistryBlobs, S3AreGoneWhenTheBytesAre) {
  const auto digest = push_blob(*registry_, "a", "hello");
  fs::remove(blob_path(digest));
  EXPECT_EQ(registry_->blob_size("a", digest).error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->open_blob("a", digest).error().code(), ErrorCode::not_found);
  push_blob(*registry_, "a", "hello");
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), "hello");
}

TEST_F(RegistryBlobs, S3AreGoneAfterTheirRemovalAndCanBePushedAgain) {
  const auto digest = push_blob(*registry_, "a", "hello");
  ASSERT_TRUE(registry_->remove_blob("a", digest));
  EXPECT_EQ(registry_->blob_size("a", digest).error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->remove_blob("a", digest).error().code(), ErrorCode::not_found);
  push_blob(*registry_, "a", "hello");
  EXPECT_TRUE(registry_->blob_size("a", digest));
}

TEST_F(RegistryBlobs, S4OfOneRepositoryAreNotThoseOfAnother) {
  const auto digest = push_blob(*registry_, "a", "hello");
  EXPECT_EQ(registry_->open_blob("b", digest).error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->blob_size("b", digest).error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->blob_size("a/b", digest).error().code(), ErrorCode::not_found);
}

TEST_F(RegistryBlobs, S4AreMountedOnlyFromARepositoryThatHasThem) {
  const auto digest = push_blob(*registry_, "a", "hello");
  EXPECT_EQ(registry_->mount_blob(digest, "b", "c").error().code(), ErrorCode::not_found);
  EXPECT_FALSE(registry_->blob_size("c", digest));
  ASSERT_TRUE(registry_->mount_blob(digest, "a", "c"));
  EXPECT_EQ(registry_->blob_size("c", digest).value(), 5U);
  ASSERT_TRUE(registry_->remove_blob("a", digest));
  EXPECT_TRUE(registry_->blob_size("c", digest));
}

TEST_F(RegistryBlobs, HaveNoLinkByAFileThatSaysAnotherDigest) {
  const auto digest = push_blob(*registry_, "a", "hello");
  for (const auto& text : {std::string(), blob_of("other").digest.text(), digest.text() + "\n"}) {
    write_bytes(link_path("a", "_layers", digest), text);
    EXPECT_EQ(registry_->open_blob("a", digest).error().code(), ErrorCode::not_found) << text;
  }
}

TEST_F(RegistryBlobs, AreNeverReachedThroughALink) {
  const auto digest = push_blob(*registry_, "a", "hello");
  temp_.write("outside", "secret");
  fs::remove(blob_path(digest));
  fs::create_symlink(temp_ / "outside", blob_path(digest));
  EXPECT_FALSE(registry_->open_blob("a", digest));
  EXPECT_FALSE(registry_->blob_size("a", digest));
  const auto folder = tree("repositories/planted");
  fs::create_directory_symlink(tree("repositories/a"), folder);
  EXPECT_FALSE(registry_->blob_size("planted", digest));
}

TEST_F(RegistryBlobs, S24HaveTheModeThatWasAskedForWhateverTheUmask) {
  for (const unsigned mode : {0700U, 0750U}) {
    fs::remove_all(root_);
    const auto before = ::umask(mode == 0700U ? 0U : 077U);
    reopen({.mode = mode});
    const auto digest = push_blob(*registry_, "a", "hello");
    ::umask(before);
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      const auto expected = entry.is_directory() ? mode : mode & 0666U;
      EXPECT_EQ(static_cast<unsigned>(entry.status().permissions()), expected) << entry.path();
    }
    EXPECT_EQ(static_cast<unsigned>(fs::status(root_).permissions()), mode);
    EXPECT_TRUE(registry_->blob_size("a", digest));
  }
}

TEST_F(RegistryBlobs, S35OfManyWritersAreWhole) {
  const auto bytes = pattern(100'000);
  const auto digest = blob_of(bytes).digest;
  std::vector<std::thread> writers;
  for (int i = 0; i < 64; ++i) {
    writers.emplace_back([&, i] { push_blob(*registry_, i % 2 == 0 ? "a" : "b/" + std::to_string(i), bytes); });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), bytes);
  EXPECT_EQ(bytes_of(registry_->open_blob("b/63", digest).value()), bytes);
  EXPECT_THAT(files_below("_dray/tmp"), IsEmpty());
}

TEST_F(RegistryBlobs, S35RemovedAndPushedByManyAreThereOrNot) {
  std::vector<std::thread> threads;
  const auto digest = blob_of("hello").digest;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 50; ++round) {
        if (i % 2 == 0) {
          push_blob(*registry_, "a", "hello");
        } else if (const auto removed = registry_->remove_blob("a", digest); !removed) {
          EXPECT_EQ(removed.error().code(), ErrorCode::not_found) << removed.error().message();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  push_blob(*registry_, "a", "hello");
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), "hello");
}

TEST_F(RegistryBlobs, ArePutRightByAPushWhereTheirBytesWereSpoiled) {
  const auto digest = push_blob(*registry_, "a", "hello");
  write_bytes(blob_path(digest), "hexlo");
  push_blob(*registry_, "a", "hello");
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), "hello");
}

}  // namespace
}  // namespace registry_blobs_test
}  // namespace dray
