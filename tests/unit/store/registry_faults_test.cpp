#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>

#include "registry_testing.hpp"
#include "support/system_faults.hpp"

// Every system call failing once, and the program dying at every call: from there on nothing works, and a new one opens
// what is on disk. What was acknowledged must be there, and nothing that nobody knows.

namespace dray {
namespace registry_faults_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using testing::bytes_of;
using ::testing::IsEmpty;
using testing::TestImage;

/// What the registry said yes to.
struct Acknowledged {
  std::set<std::string> blobs;
  std::set<Digest> manifests;
  std::map<std::string, Digest> tags;
  std::set<std::string> lost_tags;  // whose change was asked for and not acknowledged: they may be this or that
  std::map<std::string, std::uint64_t> uploads;
  std::set<Digest> referrers;
};

const std::string upload_bytes = testing::pattern(5000);

/// A day in a registry's life, in small. Each call may fail; nothing is asked for twice.
class Script {
 public:
  Script(RegistryFolder& registry, Clock& clock) : registry_(registry), clock_(clock) {}

  Acknowledged run() {
    push_blob("layer");
    push_blob("other layer");
    push_blob(image_.config());
    put(image_, {"one", "two"});
    upload_in_pieces();
    if (registry_.mount_blob(blob_of("layer").digest, "a", "b")) mounted_ = true;
    put(signature_, {});
    put(signature_, {"two"});
    remove_tag("one");
    remove_manifest(signature_.manifest().descriptor.digest);
    (void)registry_.collect({.untagged = true}, {});
    put(image_, {"three"});
    return std::move(done_);
  }
  [[nodiscard]] bool mounted() const noexcept { return mounted_; }

 private:
  void push_blob(const std::string& bytes) {
    auto upload = registry_.begin_upload("a", "", DigestAlgorithm::sha256);
    if (!upload || !(*upload)->write(as_bytes(bytes))) return;
    if ((*upload)->commit(blob_of(bytes).digest)) done_.blobs.insert(bytes);
  }
  /// As a client does: the manifest comes when all that it names is there.
  void put(const TestImage& image, const std::vector<std::string>& tags) {
    const auto manifest = image.manifest();
    const auto subject = image.subject ? std::optional<Digest>(image.subject->digest) : std::nullopt;
    for (const auto& bytes : {image.config(), image.layers.front()}) {
      if (!registry_.blob_size("a", blob_of(bytes).digest)) return;
    }
    for (const auto& tag : tags) {
      done_.tags.erase(tag);
      done_.lost_tags.insert(tag);
    }
    if (!registry_.put_manifest("a", manifest, tags, subject)) return;
    done_.manifests.insert(manifest.descriptor.digest);
    if (subject) done_.referrers.insert(manifest.descriptor.digest);
    for (const auto& tag : tags) {
      done_.lost_tags.erase(tag);
      done_.tags.insert_or_assign(tag, manifest.descriptor.digest);
    }
  }
  void remove_tag(const std::string& tag) {
    done_.tags.erase(tag);
    done_.lost_tags.insert(tag);
    (void)registry_.remove_tag("a", tag);
  }
  void remove_manifest(const Digest& digest) {
    done_.manifests.erase(digest);
    done_.referrers.erase(digest);
    for (const auto& [tag, of] : done_.tags) {
      if (of == digest) done_.lost_tags.insert(tag);
    }
    std::erase_if(done_.tags, [&](const auto& entry) { return entry.second == digest; });
    (void)registry_.remove_manifest("a", digest);
  }
  void upload_in_pieces() {
    std::string id;
    {
      auto upload = registry_.begin_upload("a", "ann", DigestAlgorithm::sha256);
      if (!upload) return;
      id = (*upload)->id();
      if (!(*upload)->write(as_bytes(upload_bytes.substr(0, 2000))) || !(*upload)->park()) return;
      done_.uploads[id] = 2000;
    }
    auto upload = registry_.resume_upload("a", id, "ann");
    if (!upload || !(*upload)->write(as_bytes(upload_bytes.substr(2000)))) return;
    if ((*upload)->park()) done_.uploads[id] = upload_bytes.size();
    // From here on it may be either: an upload that waits, or a blob.
    const auto parked = std::exchange(done_.uploads, {});
    const auto committed = (*upload)->commit(blob_of(upload_bytes).digest);
    if (committed) done_.blobs.insert(upload_bytes);
  }

  RegistryFolder& registry_;
  [[maybe_unused]] Clock& clock_;
  const TestImage image_{.mark = "x", .layers = {"layer"}};
  const TestImage signature_{.mark = "x",
                             .layers = {"other layer"},
                             .subject = TestImage{.mark = "x", .layers = {"layer"}}.manifest().descriptor};
  Acknowledged done_;
  bool mounted_ = false;
};

class RegistryFaults : public testing::RegistryFolderTest {
 protected:
  void SetUp() override {}

  /// Everything that was acknowledged is there, right, and nothing else is strange.
  void check(const Acknowledged& done, bool mounted) {
    for (const auto& bytes : done.blobs) {
      auto opened = registry_->open_blob("a", blob_of(bytes).digest);
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(bytes_of(std::move(*opened)), bytes);
    }
    for (const auto& digest : done.manifests) EXPECT_TRUE(registry_->get_manifest("a", digest));
    for (const auto& [tag, digest] : done.tags) {
      const auto manifest = registry_->get_manifest("a", tag);
      ASSERT_TRUE(manifest) << manifest.error().message();
      EXPECT_EQ((*manifest)->descriptor.digest, digest);
    }
    for (const auto& [id, offset] : done.uploads) {
      auto upload = registry_->resume_upload("a", id, "ann");
      ASSERT_TRUE(upload) << upload.error().message();
      ASSERT_GE((*upload)->offset(), offset);
      ASSERT_TRUE((*upload)->write(as_bytes(upload_bytes.substr((*upload)->offset()))));
      EXPECT_TRUE((*upload)->commit(blob_of(upload_bytes).digest));
    }
    if (!done.referrers.empty()) {
      const auto subject = TestImage{.mark = "x", .layers = {"layer"}}.manifest().descriptor.digest;
      EXPECT_EQ(registry_->list_referrers("a", subject).value().size(), done.referrers.size());
    }
    EXPECT_TRUE(!mounted || registry_->blob_size("b", blob_of("layer").digest)) << "mounted";
    const auto listed = registry_->list_tags("a", "", 100);
    for (const auto& tag : listed ? listed->names : std::vector<std::string>()) {
      EXPECT_TRUE(done.tags.contains(tag) || done.lost_tags.contains(tag)) << tag;
      EXPECT_TRUE(registry_->get_manifest("a", tag)) << tag;
    }
    const auto report = registry_->verify(false, {}).value();
    for (const auto& damage : report.damage) ADD_FAILURE() << damage.what;
    EXPECT_THAT(report.strange, IsEmpty());
    EXPECT_THAT(files_below("_dray/tmp"), IsEmpty());
  }
  void fresh() {
    registry_.reset();
    fs::remove_all(root_);
    registry_ = testing::open_registry(root_, clock_);
  }
};

TEST_F(RegistryFaults, TheScriptItselfWorks) {
  fresh();
  Script script(*registry_, clock_);
  const auto done = script.run();
  EXPECT_EQ(done.blobs.size(), 4U);
  EXPECT_EQ(done.manifests.size(), 1U);
  EXPECT_EQ(done.tags.size(), 1U);
  EXPECT_TRUE(script.mounted());
  check(done, true);
}

TEST_F(RegistryFaults, S30KilledAtEveryCallLosesNothingThatWasAcknowledged) {
  for (std::size_t n = 1;; ++n) {
    fresh();
    Acknowledged done;
    bool mounted = false;
    std::size_t count = 0;
    {
      testing::FailNthCall faults(n, EIO, {}, true);
      const ScopedSystemFaults scope(faults);
      Script script(*registry_, clock_);
      done = script.run();
      mounted = script.mounted();
      registry_.reset();
      count = faults.count();
    }
    reopen();
    check(done, mounted);
    ASSERT_FALSE(HasFailure()) << "killed at call " << n;
    if (count < n) break;
  }
}

class RegistryFaultsOnce : public RegistryFaults, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Errors, RegistryFaultsOnce, ::testing::Values(EIO, ENOSPC),
                         [](const auto& row) { return std::string(::strerrorname_np(row.param)); });

TEST_P(RegistryFaultsOnce, S38EachCallFailingOnceSpoilsNothing) {
  for (std::size_t n = 1;; ++n) {
    fresh();
    Acknowledged done;
    bool mounted = false;
    std::size_t count = 0;
    {
      testing::FailNthCall faults(n, GetParam());
      const ScopedSystemFaults scope(faults);
      Script script(*registry_, clock_);
      done = script.run();
      mounted = script.mounted();
      count = faults.count();
    }
    reopen();
    check(done, mounted);
    ASSERT_FALSE(HasFailure()) << "failed call " << n;
    if (count < n) break;
  }
}

TEST_F(RegistryFaults, S30DyingWhileItOpensLeavesWhatWasThere) {
  fresh();
  Script script(*registry_, clock_);
  const auto done = script.run();
  for (std::size_t n = 1;; ++n) {
    registry_.reset();
    std::size_t count = 0;
    {
      testing::FailNthCall faults(n, EIO, {}, true);
      const ScopedSystemFaults scope(faults);
      const auto opened = RegistryFolder::open(root_, {}, clock_);
      count = faults.count();
    }
    reopen();
    check(done, true);
    ASSERT_FALSE(HasFailure()) << "failed call " << n;
    if (count < n) break;
  }
}

TEST_F(RegistryFaults, S38AFullDiskIsSaidSoAndWorksAgainWithRoom) {
  fresh();
  testing::push_image(*registry_, "a", {.mark = "x"}, {"tag"});
  {
    testing::FailNthCall faults(1, ENOSPC, SystemCall::write, true);
    const ScopedSystemFaults scope(faults);
    const auto put = registry_->put_manifest("a", TestImage{.mark = "y"}.manifest(), {"tag"}, {});
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), ErrorCode::no_space);
  }
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, TestImage{.mark = "x"}.manifest().bytes);
  testing::push_image(*registry_, "a", {.mark = "y"}, {"tag"});
  EXPECT_EQ(registry_->get_manifest("a", "tag").value()->bytes, TestImage{.mark = "y"}.manifest().bytes);
}

}  // namespace
}  // namespace registry_faults_test
}  // namespace dray
