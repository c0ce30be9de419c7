#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "registry_core.hpp"
#include "registry_testing.hpp"

namespace dray {
namespace registry_collect_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::push_blob;
using testing::push_image;
using testing::put;
using testing::TestImage;
using ::testing::UnorderedElementsAre;
using testing::write_bytes;

class RegistryCollect : public testing::RegistryFolderTest {
 protected:
  CollectReport collect(const CollectOptions& options = {}) {
    auto report = registry_->collect(options, {});
    EXPECT_TRUE(report) << report.error().message();
    return report ? std::move(*report) : CollectReport();
  }
  /// Lets everything that is there grow old.
  void age() { clock_.advance(std::chrono::hours(2)); }
  static void make_old(const fs::path& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  [[nodiscard]] bool has(const std::string& bytes, const std::string& repository = "a") {
    return registry_->blob_size(repository, blob_of(bytes).digest).has_value();
  }
};

TEST_F(RegistryCollect, RemovesWhatNoManifestNames) {
  push_image(*registry_, "a", {.mark = "x", .layers = {"layer", "shared"}}, {"tag"});
  push_blob(*registry_, "a", "garbage");
  age();
  const auto report = collect();
  EXPECT_THAT(report.removed, ElementsAre(blob_of("garbage").digest));
  EXPECT_EQ(report.removed_bytes, 7U);
  EXPECT_EQ(report.removed_links, 1U);
  EXPECT_EQ(report.kept_blobs, 4U);
  EXPECT_FALSE(has("garbage"));
  EXPECT_TRUE(has("layer"));
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
  EXPECT_THAT(report.strange, IsEmpty());
}

TEST_F(RegistryCollect, LeavesYoungThingsAlone) {
  push_blob(*registry_, "a", "garbage");
  EXPECT_THAT(collect().removed, IsEmpty());
  EXPECT_TRUE(has("garbage"));
  reopen();
  EXPECT_THAT(collect().removed, IsEmpty());
  EXPECT_TRUE(has("garbage"));
}

TEST_F(RegistryCollect, KeepsWhatSomebodyAskedForLately) {
  for (const char* bytes : {"asked", "opened", "mounted", "garbage"}) push_blob(*registry_, "a", bytes);
  age();
  EXPECT_TRUE(has("asked"));
  EXPECT_TRUE(registry_->open_blob("a", blob_of("opened").digest));
  EXPECT_TRUE(registry_->mount_blob(blob_of("mounted").digest, "a", "b"));
  EXPECT_THAT(collect().removed, ElementsAre(blob_of("garbage").digest));
  age();
  EXPECT_EQ(collect().removed.size(), 3U);
}

TEST_F(RegistryCollect, KeepsAnOldBlobThatWasMountedLatelyOverARestart) {
  push_blob(*registry_, "a", "old");
  const auto digest = blob_of("old").digest;
  make_old(blob_path(digest));
  make_old(link_path("a", "_layers", digest));
  ASSERT_TRUE(registry_->mount_blob(digest, "a", "b"));
  reopen();
  EXPECT_THAT(collect().removed, IsEmpty());
  EXPECT_TRUE(has("old", "b"));
}

TEST_F(RegistryCollect, KeepsUntaggedManifestsUnlessToldOtherwise) {
  const auto image = push_image(*registry_, "a", {.mark = "x", .layers = {"layer"}});
  age();
  auto report = collect();
  EXPECT_THAT(report.removed, IsEmpty());
  ASSERT_EQ(report.untagged.size(), 1U);
  EXPECT_EQ(report.untagged[0].digest, image.digest);
  EXPECT_EQ(report.untagged[0].repository, "a");
  report = collect({.untagged = true});
  EXPECT_EQ(report.removed.size(), 3U);
  EXPECT_FALSE(registry_->has_manifest("a", image.digest).value());
  EXPECT_THAT(registry_->list_revisions("a").value(), IsEmpty());
}

TEST_F(RegistryCollect, KeepsUntaggedManifestsThatAreYoungOrWanted) {
  const auto wanted = push_image(*registry_, "a", {.mark = "wanted", .layers = {"layer"}});
  EXPECT_THAT(collect({.untagged = true}).removed, IsEmpty());
  age();
  EXPECT_TRUE(registry_->has_manifest("a", wanted.digest).value());
  const auto report = collect({.untagged = true});
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_EQ(report.untagged.size(), 1U);
  EXPECT_TRUE(has("layer"));
}

TEST_F(RegistryCollect, S34KeepsWhatNestedIndexesAndReferrersLeadTo) {
  const auto amd64 = push_image(*registry_, "a", {.mark = "amd64", .layers = {"one"}});
  const auto arm64 = push_image(*registry_, "a", {.mark = "arm64", .layers = {"two"}});
  const auto inner = testing::index_of({amd64, arm64});
  const auto absent = blob_of("an absent child");
  const auto outer = testing::index_of({inner.descriptor, absent});
  put(*registry_, "a", inner);
  put(*registry_, "a", outer, {"latest"});
  const auto signature = push_image(*registry_, "a", {.mark = "sig", .layers = {"three"}, .subject = arm64});
  push_image(*registry_, "a", {.mark = "sigsig", .layers = {"four"}, .subject = signature});
  push_image(*registry_, "a", {.mark = "lost", .layers = {"five"}, .subject = absent});
  age();
  const auto report = collect({.untagged = true});
  for (const char* layer : {"one", "two", "three", "four"}) EXPECT_TRUE(has(layer)) << layer;
  EXPECT_FALSE(has("five"));
  EXPECT_EQ(report.removed.size(), 3U);
  EXPECT_THAT(registry_->verify(false, {}).value().damage, IsEmpty());
}

TEST_F(RegistryCollect, S34KeepsABlobThatOneRepositoryStillNeeds) {
  push_image(*registry_, "a", {.mark = "x", .layers = {"shared"}}, {"tag"});
  push_blob(*registry_, "b", "shared");
  age();
  const auto report = collect();
  EXPECT_THAT(report.removed, IsEmpty());
  EXPECT_EQ(report.removed_links, 1U);
  EXPECT_TRUE(has("shared"));
  EXPECT_FALSE(has("shared", "b"));
}

TEST_F(RegistryCollect, KeepsWhatAManifestNamesThatCannotBeParsed) {
  push_blob(*registry_, "a", "layer");
  put(*registry_, "a", testing::raw(R"({"x":1,"x":")" + blob_of("layer").digest.text() + "\"}", media_types::oci_index),
      {"odd"});
  age();
  EXPECT_THAT(collect({.untagged = true}).removed, IsEmpty());
  EXPECT_TRUE(has("layer"));
}

TEST_F(RegistryCollect, RemovesNothingBesideADamagedManifest) {
  const auto image = push_image(*registry_, "a", {.mark = "x", .layers = {"layer"}}, {"tag"});
  push_blob(*registry_, "a", "garbage");
  write_bytes(blob_path(image.digest), "spoiled");
  age();
  const auto report = registry_->collect({}, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(report.error().message(), HasSubstr("nothing was removed"));
  EXPECT_TRUE(has("layer"));
  EXPECT_TRUE(has("garbage"));
}

TEST_F(RegistryCollect, SaysInADryRunWhatItWouldDo) {
  push_image(*registry_, "a", {.mark = "x", .layers = {"layer"}});
  push_blob(*registry_, "a", "garbage");
  age();
  for (const auto use : {RegistryFolderOptions::Use::write, RegistryFolderOptions::Use::read}) {
    reopen({.use = use});
    const auto report = collect({.dry_run = true, .untagged = true});
    EXPECT_EQ(report.removed.size(), 4U);
    EXPECT_EQ(report.removed_links, 3U);
    EXPECT_EQ(registry_->list_revisions("a").value().size(), 1U);
  }
  EXPECT_TRUE(has("garbage"));
}

TEST_F(RegistryCollect, S3AfterItABlobIsGoneAndCanBePushedAgain) {
  push_blob(*registry_, "a", "garbage");
  age();
  collect();
  EXPECT_FALSE(registry_->mount_blob(blob_of("garbage").digest, "a", "b"));
  push_blob(*registry_, "a", "garbage");
  EXPECT_TRUE(has("garbage"));
}

TEST_F(RegistryCollect, KeepsTheTrashForTheGraceTime) {
  const auto digest = push_blob(*registry_, "a", "garbage");
  age();
  collect();
  const auto in_trash = root_ / "_dray/trash" / digest.text();
  EXPECT_EQ(testing::read_bytes(in_trash), "garbage");
  clock_.advance(std::chrono::minutes(50));
  collect();
  EXPECT_TRUE(fs::exists(in_trash));
  clock_.advance(std::chrono::minutes(11));
  collect();
  EXPECT_FALSE(fs::exists(in_trash));
}

TEST_F(RegistryCollect, RemovesUploadsThatWereForgotten) {
  (void)registry_->begin_upload("a", "", DigestAlgorithm::sha256).value();
  age();
  EXPECT_EQ(collect().removed_uploads, 0U);
  clock_.advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(collect({.dry_run = true}).removed_uploads, 1U);
  EXPECT_EQ(collect().removed_uploads, 1U);
  EXPECT_THAT(files_below("docker/registry/v2/repositories/a/_uploads"), IsEmpty());
}

TEST_F(RegistryCollect, S37ReportsStrangeThingsAndLeavesThem) {
  push_image(*registry_, "a", {.mark = "x"}, {"tag"});
  const std::vector<std::string> strange{
      "_dray/file",
      "_dray/tmp/somebody's",
      "_dray/trash/unknown",
      "_dray/uploads/no id",
      "docker/registry/v2/other",
      "docker/registry/v2/blobs/file",
      "docker/registry/v2/blobs/md5/ab",
      "docker/registry/v2/blobs/sha256/ab/short",
      "docker/registry/v2/blobs/sha256/cd/" + std::string(blob_of("x").digest.hex()),
      "docker/registry/v2/repositories/Upper",
      "docker/registry/v2/repositories/a/file",
      "docker/registry/v2/repositories/a/_layers/sha256/junk",
      "docker/registry/v2/repositories/a/_manifests/revisions/sha256/junk",
      "docker/registry/v2/repositories/a/_manifests/tags/-bad",
      "docker/registry/v2/repositories/a/_uploads/junk",
  };
  for (const auto& path : strange) {
    if (path.ends_with("short") || path.ends_with("junk") || path.ends_with("-bad") || path.ends_with("Upper") ||
        path.find("/cd/") != std::string::npos) {
      write_bytes(root_ / path / "data", "x");
    } else {
      write_bytes(root_ / path, "x");
    }
  }
  fs::create_symlink("/etc/passwd", root_ / "docker/registry/v2/repositories/a/link");
  age();
  age();
  reopen();
  const auto report = collect({.untagged = true});
  EXPECT_TRUE(registry_->purge_uploads(std::chrono::seconds(0)));
  for (const auto& path : strange) {
    EXPECT_TRUE(fs::exists(root_ / path)) << path;
    EXPECT_THAT(report.strange, Contains(path));
  }
  EXPECT_THAT(report.strange, Contains("docker/registry/v2/repositories/a/link"));
  EXPECT_EQ(report.strange.size(), strange.size() + 1);
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
}

TEST_F(RegistryCollect, EndsWhenItIsToldTo) {
  push_image(*registry_, "a", {.mark = "x"}, {"tag"});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(registry_->collect({}, stop.get_token()).error().code(), ErrorCode::cancelled);
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
}

/// Pushes as a client does: what is there is not sent again.
class Pusher {
 public:
  Pusher(RegistryFolder& registry, unsigned seed) : registry_(registry), seed_(seed) {}

  /// Pushes an image and tells whether all of it is there afterwards.
  void push(int round) {
    const auto number = seed_ * 7919U + static_cast<unsigned>(round) * 104'729U;
    const TestImage image{.mark = std::to_string(number % 3),
                          .layers = {"layer" + std::to_string(number % 2), "layer" + std::to_string(number % 5)}};
    const auto repository = "r" + std::to_string(number % 2);
    const auto tag = "t" + std::to_string(seed_);
    for (const auto& bytes : blobs_of(image)) {
      if (!registry_.blob_size(repository, blob_of(bytes).digest)) push_blob(registry_, repository, bytes);
    }
    put(registry_, repository, image.manifest(), {tag});
    const auto found = registry_.get_manifest(repository, tag);
    EXPECT_TRUE(found) << found.error().message();
    for (const auto& bytes : blobs_of(image)) {
      const auto size = registry_.blob_size(repository, blob_of(bytes).digest);
      EXPECT_TRUE(size) << size.error().message();
    }
    if (round % 3 == 0) (void)registry_.remove_tag(repository, tag);
  }

 private:
  static std::vector<std::string> blobs_of(const TestImage& image) {
    auto all = image.layers;
    all.push_back(image.config());
    return all;
  }
  RegistryFolder& registry_;
  const unsigned seed_;
};

TEST_F(RegistryCollect, S33PushesThroughManyCollectionsAreWhole) {
  // The clock jumps over the grace time between a push and the next, and never inside one.
  PushGate jump;
  std::atomic<bool> stop = false;
  std::atomic<int> pushes = 0;
  std::vector<std::thread> pushers;
  for (unsigned seed = 1; seed <= 2; ++seed) {
    pushers.emplace_back([&, seed] {
      Pusher pusher(*registry_, seed);
      for (int round = 0; !stop; ++round, ++pushes) {
        const auto pushing = jump.enter();
        pusher.push(round);
      }
    });
  }
  std::size_t removed = 0;
  for (int round = 0; round < 200 && !HasFailure(); ++round) {
    {
      const auto alone = jump.step();
      age();
    }
    removed += collect({.untagged = true}).removed.size();
  }
  stop = true;
  for (auto& pusher : pushers) pusher.join();
  EXPECT_GT(pushes, 10);
  EXPECT_GT(removed, 10U);
  EXPECT_THAT(registry_->verify(false, {}).value().damage, IsEmpty());
}

}  // namespace
}  // namespace registry_collect_test
}  // namespace dray
