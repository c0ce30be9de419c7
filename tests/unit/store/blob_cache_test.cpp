#include <dray/store/blob_cache.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <dray/base/file.hpp>
#include <dray/store/memory_store.hpp>
#include <dray/store/verify.hpp>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "store_testing.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace blob_cache_test {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using testing::FailNthCall;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::pattern;
using testing::TempDir;

/// A source that counts how often it is asked, and cuts its streams where it is told to.
class Source final : public ContentSource {
 public:
  std::size_t cut_after = 0;  ///< Not 0: each stream breaks after so many bytes.

  Descriptor add(const std::string& bytes) {
    const auto blob = testing::blob_of(bytes);
    EXPECT_TRUE(store_.put_blob(blob, testing::opener(bytes), {}));
    return blob;
  }
  [[nodiscard]] int opens() const { return opens_; }

  [[nodiscard]] std::string describe() const override { return "source"; }
  Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    return store_.resolve(name, stop);
  }
  Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    return store_.get_manifest(name, stop);
  }
  Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override { return store_.list_tags(stop); }
  Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                               const std::stop_token& stop) override {
    ++opens_;
    DRAY_TRY_ASSIGN(auto opened, store_.open_blob(blob, range, stop));
    if (cut_after > 0) opened.bytes = std::make_unique<Cut>(std::move(opened.bytes), cut_after);
    return opened;
  }

 private:
  class Cut final : public ByteSource {
   public:
    Cut(std::unique_ptr<ByteSource> inner, std::size_t left) : inner_(std::move(inner)), left_(left) {}
    Result<std::size_t> read(ByteSpan into) override {
      if (left_ == 0) return Error(ErrorCode::unavailable, "cut");
      DRAY_TRY_ASSIGN(const auto count, inner_->read(into.first(std::min(into.size(), left_))));
      left_ -= count;
      return count;
    }

   private:
    std::unique_ptr<ByteSource> inner_;
    std::size_t left_;
  };

  MemoryStore store_;
  std::atomic<int> opens_ = 0;
};

class BlobCacheTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path folder() const { return home_ / "cache"; }
  std::shared_ptr<BlobCache> open(std::uint64_t max_bytes = limits::default_cache_bytes) const {
    auto cache = BlobCache::open(folder(), max_bytes);
    EXPECT_TRUE(cache) << cache.error().message();
    return *std::move(cache);
  }
  Result<std::string> read(BlobCache& cache, const Descriptor& blob, std::optional<ByteRange> range = std::nullopt) {
    DRAY_TRY_ASSIGN(const auto opened, cache.open_blob(source_, blob, range, {}));
    return read_all(*opened.bytes, blob.size);
  }
  void fetch(BlobCache& cache, const Descriptor& blob) {
    const auto got = read(cache, blob);
    EXPECT_TRUE(got) << got.error().message();
  }
  void prune(const CachePruning& pruning) const { EXPECT_TRUE(open()->prune(pruning, {})); }
  [[nodiscard]] std::filesystem::path file_of(const Descriptor& blob) const {
    return folder() / "blobs/sha256" / blob.digest.hex();
  }
  void set_used(const Descriptor& blob, hours ago) const {
    std::filesystem::last_write_time(file_of(blob), std::filesystem::file_time_type::clock::now() - ago);
  }
  static std::vector<Digest> digests(const std::vector<CachedBlob>& blobs) {
    std::vector<Digest> all;
    for (const auto& blob : blobs) all.push_back(blob.digest);
    return all;
  }
  [[nodiscard]] std::vector<Digest> held() const { return digests(open()->list().value()); }

  TempDir home_;
  Source source_;
};

TEST_F(BlobCacheTest, AsksTheSourceOnceOverManyProcesses) {
  const auto bytes = pattern(300'000);
  const auto blob = source_.add(bytes);
  EXPECT_EQ(read(*open(), blob).value(), bytes);
  EXPECT_EQ(source_.opens(), 1);
  EXPECT_EQ(read(*open(), blob).value(), bytes);
  EXPECT_EQ(read(*open(), blob, ByteRange{10, 20}).value(), bytes.substr(10, 10));
  EXPECT_EQ(source_.opens(), 1);
}

TEST_F(BlobCacheTest, IsPrivate) {
  open();
  struct stat status{};
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  std::filesystem::permissions(folder(), std::filesystem::perms(0770));
  const auto refused = BlobCache::open(folder());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::denied);
}

TEST_F(BlobCacheTest, AFolderOfOtherThingsIsRefused) {
  home_.write("cache/letter", "dear");
  std::filesystem::permissions(folder(), std::filesystem::perms(0700));
  EXPECT_EQ(BlobCache::open(folder()).error().code(), ErrorCode::invalid_input);
}

TEST_F(BlobCacheTest, ParallelRangesFillItTogether) {
  const auto bytes = pattern(100'000);
  const auto blob = source_.add(bytes);
  const auto cache = open();
  {
    auto back = cache->open_blob(source_, blob, ByteRange{50'000, 100'000}, {}).value();
    auto front = cache->open_blob(source_, blob, ByteRange{0, 60'000}, {}).value();  // they overlap
    EXPECT_EQ(read_all(*back.bytes, 50'000).value(), bytes.substr(50'000));
    EXPECT_EQ(read_all(*front.bytes, 60'000).value(), bytes.substr(0, 60'000));
  }
  EXPECT_THAT(digests(cache->list().value()), ElementsAre(blob.digest));
  EXPECT_EQ(read(*cache, blob).value(), bytes);
  EXPECT_EQ(source_.opens(), 2);
}

TEST_F(BlobCacheTest, WhatWasCutGoesOnInTheNextStream) {
  const auto bytes = pattern(100'000);
  const auto blob = source_.add(bytes);
  const auto cache = open();
  source_.cut_after = 60'000;
  EXPECT_FALSE(read(*cache, blob));
  source_.cut_after = 0;
  EXPECT_EQ(read(*cache, blob, ByteRange{60'000, 100'000}).value(), bytes.substr(60'000));
  EXPECT_THAT(digests(cache->list().value()), ElementsAre(blob.digest));
}

TEST_F(BlobCacheTest, WhatIsNotCompleteIsThrownAway) {
  const auto blob = source_.add(pattern(100'000));
  source_.cut_after = 60'000;
  EXPECT_FALSE(read(*open(), blob));
  EXPECT_THAT(held(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder() / ".dray-tmp"));
}

TEST_F(BlobCacheTest, WrongBytesAreGivenOnAndNotKept) {
  auto blob = source_.add("right");
  class Liar final : public ContentSource {
   public:
    [[nodiscard]] std::string describe() const override { return "liar"; }
    Result<Descriptor> resolve(const ManifestName&, const std::stop_token&) override { return gone(); }
    Result<RawManifest> get_manifest(const ManifestName&, const std::stop_token&) override { return gone(); }
    Result<std::vector<std::string>> list_tags(const std::stop_token&) override { return gone(); }
    Result<OpenedBlob> open_blob(const Descriptor&, const std::optional<ByteRange>&, const std::stop_token&) override {
      return OpenedBlob{std::make_unique<StringSource>("wrong"), 0};
    }

   private:
    static Error gone() { return {ErrorCode::not_found, "gone"}; }
  } liar;
  const auto cache = open();
  {
    auto opened = cache->open_blob(liar, blob, std::nullopt, {}).value();
    EXPECT_EQ(read_all(*opened.bytes, 100).value(), "wrong");  // whoever stores it finds out
  }
  EXPECT_THAT(cache->list().value(), IsEmpty());
  EXPECT_EQ(read(*cache, blob).value(), "right");
}

// What lies in the folder is anybody's word.
TEST_F(BlobCacheTest, DamagedBlobsAreFetchedAnew) {
  const auto bytes = pattern(100'000);
  const auto blob = source_.add(bytes);
  const auto other = pattern(100'000, 2);
  for (const auto& damage : {other, bytes.substr(1), std::string()}) {
    fetch(*open(), blob);
    testing::write_bytes(file_of(blob), damage);
    const auto before = source_.opens();
    EXPECT_EQ(read(*open(), blob).value(), bytes);
    EXPECT_EQ(source_.opens(), before + 1);
    EXPECT_EQ(read(*open(), blob).value(), bytes) << "it is there again";
    EXPECT_EQ(source_.opens(), before + 1);
  }
}

TEST_F(BlobCacheTest, LinksAndFoldersInItAreNotFollowed) {
  const auto bytes = pattern(1000);
  const auto blob = source_.add(bytes);
  open();
  home_.write("elsewhere", bytes);
  std::filesystem::create_directories(folder() / "blobs/sha256");
  std::filesystem::create_symlink(home_ / "elsewhere", file_of(blob));
  EXPECT_EQ(read(*open(), blob).value(), bytes);
  EXPECT_EQ(source_.opens(), 1);
  EXPECT_FALSE(std::filesystem::is_symlink(file_of(blob)));
  std::filesystem::remove(file_of(blob));
  std::filesystem::create_directory(file_of(blob));
  EXPECT_EQ(read(*open(), blob).value(), bytes);
  std::filesystem::remove(file_of(blob));
  std::filesystem::remove_all(folder() / "blobs");
  std::filesystem::create_directory_symlink(home_.path(), folder() / "blobs");
  EXPECT_EQ(read(*open(), blob).value(), bytes);
}

TEST_F(BlobCacheTest, LongNamesAndStrangeFilesStay) {
  open();
  home_.write("cache/blobs/sha256/README", "mine");
  prune({.to_bytes = 0, .unused_since = {}});
  EXPECT_TRUE(std::filesystem::exists(folder() / "blobs/sha256/README"));
  EXPECT_TRUE(std::filesystem::exists(folder() / "dray-cache"));
}

TEST_F(BlobCacheTest, TheLeastRecentlyUsedGoFirst) {
  const auto one = source_.add(pattern(1000, 1));
  const auto two = source_.add(pattern(1000, 2));
  const auto three = source_.add(pattern(1000, 3));
  for (const auto& blob : {one, two, three}) fetch(*open(), blob);
  set_used(one, hours(30));
  set_used(two, hours(20));
  set_used(three, hours(10));
  fetch(*open(), one);  // used just now
  EXPECT_THAT(held(), ElementsAre(two.digest, three.digest, one.digest));
  const auto report = open()->prune({.to_bytes = 2000, .unused_since = {}}, {}).value();
  EXPECT_THAT(digests(report.removed), ElementsAre(two.digest));
  EXPECT_EQ(report.kept_bytes, 2000U);
  EXPECT_THAT(held(), ElementsAre(three.digest, one.digest));
}

TEST_F(BlobCacheTest, PrunesByAgeAndOnlyLooksWhereThatIsAsked) {
  const auto one = source_.add(pattern(1000, 1));
  const auto two = source_.add(pattern(1000, 2));
  for (const auto& blob : {one, two}) fetch(*open(), blob);
  set_used(one, hours(30));
  CachePruning pruning{.to_bytes = {}, .unused_since = std::chrono::system_clock::now() - hours(24), .dry_run = true};
  EXPECT_THAT(digests(open()->prune(pruning, {})->removed), ElementsAre(one.digest));
  EXPECT_EQ(held().size(), 2U);
  pruning.dry_run = false;
  EXPECT_THAT(digests(open()->prune(pruning, {})->removed), ElementsAre(one.digest));
  EXPECT_THAT(held(), ElementsAre(two.digest));
}

TEST_F(BlobCacheTest, KeepsItsSize) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const auto blob = source_.add(pattern(1000, seed));
    fetch(*open(3500), blob);
  }
  const auto blobs = open()->list().value();
  EXPECT_EQ(blobs.size(), 3U);
}

TEST_F(BlobCacheTest, KeepsItsSizeInOneProcessToo) {
  const auto cache = open(10'000);
  for (std::uint32_t seed = 1; seed <= 40; ++seed) fetch(*cache, source_.add(pattern(1000, seed)));
  EXPECT_LE(cache->list()->size(), 12U);
}

TEST_F(BlobCacheTest, ABlobLargerThanTheCachePassesThrough) {
  const auto bytes = pattern(5000);
  const auto blob = source_.add(bytes);
  EXPECT_EQ(read(*open(4000), blob).value(), bytes);
  EXPECT_THAT(held(), IsEmpty());
}

TEST_F(BlobCacheTest, AnEmptyBlobPassesThrough) {
  const auto blob = source_.add("");
  EXPECT_EQ(read(*open(), blob).value(), "");
  EXPECT_THAT(held(), IsEmpty());
}

TEST_F(BlobCacheTest, NobodyWaitsForAnotherWhoFetchesTheSame) {
  const auto bytes = pattern(100'000);
  const auto blob = source_.add(bytes);
  const auto mine = open();
  const auto theirs = open();
  auto slow = theirs->open_blob(source_, blob, std::nullopt, {}).value();
  EXPECT_EQ(read(*mine, blob).value(), bytes);
  EXPECT_THAT(mine->list().value(), IsEmpty());
  EXPECT_EQ(read_all(*slow.bytes, bytes.size()).value(), bytes);
  slow.bytes.reset();
  EXPECT_THAT(digests(mine->list().value()), ElementsAre(blob.digest));
}

TEST_F(BlobCacheTest, WhatIsReadStaysWhenItIsPruned) {
  const auto bytes = pattern(100'000);
  const auto blob = source_.add(bytes);
  const auto cache = open();
  fetch(*cache, blob);
  const auto opened = cache->open_blob(source_, blob, std::nullopt, {}).value();
  prune({.to_bytes = 0, .unused_since = {}});
  EXPECT_EQ(read_all(*opened.bytes, bytes.size()).value(), bytes);
  EXPECT_EQ(read(*cache, blob).value(), bytes);
  EXPECT_EQ(source_.opens(), 2);
}

TEST_F(BlobCacheTest, WhatAKilledProcessLeftGoesWithThePruning) {
  open();
  home_.write("cache/.dray-tmp/sha256-" + std::string(64, 'a') + ".partial", "half");
  const auto blob = source_.add(pattern(1000));
  const auto cache = open();
  auto live = cache->open_blob(source_, blob, std::nullopt, {}).value();
  prune({.to_bytes = 1 << 20, .unused_since = {}});
  EXPECT_FALSE(std::filesystem::exists(folder() / (".dray-tmp/sha256-" + std::string(64, 'a') + ".partial")));
  EXPECT_TRUE(read_all(*live.bytes, blob.size));
  live.bytes.reset();
  EXPECT_THAT(digests(cache->list().value()), ElementsAre(blob.digest));
}

TEST_F(BlobCacheTest, ManyThreadsReadAndFill) {
  const auto cache = open();
  std::vector<std::pair<Descriptor, std::string>> blobs;
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    auto bytes = pattern(200'000, seed);
    auto blob = source_.add(bytes);
    blobs.emplace_back(std::move(blob), std::move(bytes));
  }
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (const auto& [blob, bytes] : blobs) EXPECT_EQ(read(*cache, blob).value(), bytes);
    });
  }
  threads.clear();
  EXPECT_EQ(cache->list()->size(), 4U);
}

// The n-th system call fails, for every n: the bytes come all the same, and what is kept is right.
TEST_F(BlobCacheTest, ItsOwnFailuresCostNothingButItself) {
  const auto bytes = pattern(300'000);
  const auto blob = source_.add(bytes);
  for (const int error : {EIO, ENOSPC}) {
    std::size_t calls = 1;
    for (std::size_t n = 1; n <= calls; ++n) {
      std::filesystem::remove_all(folder());
      const auto cache = open();
      {
        FailNthCall fail(n, error);
        const ScopedSystemFaults scope(fail);
        const auto got = read(*cache, blob);
        ASSERT_TRUE(got) << n << ": " << got.error().message();
        EXPECT_EQ(*got, bytes) << n;
        calls = std::max(calls, fail.count());
      }
      const auto listed = cache->list().value();
      EXPECT_TRUE(listed.empty() || testing::read_bytes(file_of(blob)) == bytes) << n;
      EXPECT_EQ(read(*cache, blob).value(), bytes) << n;
    }
    EXPECT_GT(calls, 10U);
  }
}

}  // namespace
}  // namespace blob_cache_test
}  // namespace dray
