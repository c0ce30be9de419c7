#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "registry_testing.hpp"
#include "support/system_faults.hpp"

namespace dray {
namespace registry_uploads_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using testing::bytes_of;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using testing::pattern;
using testing::read_bytes;
using testing::write_bytes;

class RegistryUploads : public testing::RegistryFolderTest {
 protected:
  [[nodiscard]] std::unique_ptr<BlobUpload> begin(const std::string& owner = "") {
    return registry_->begin_upload("a", owner, DigestAlgorithm::sha256).value();
  }
  /// Begins an upload, writes and parks it.
  [[nodiscard]] std::string parked(const std::string& bytes, const std::string& owner = "") {
    const auto upload = begin(owner);
    EXPECT_TRUE(upload->write(as_bytes(bytes)));
    return upload->id();
  }
  [[nodiscard]] fs::path upload_path(const std::string& id) const { return tree("repositories/a/_uploads/" + id); }
};

TEST_F(RegistryUploads, ThatArriveInOneGoLeaveNothingBesideTheBlob) {
  testing::push_blob(*registry_, "a", "hello");
  EXPECT_THAT(files_below("_dray/tmp"), IsEmpty());
  EXPECT_THAT(files_below("_dray/uploads"), IsEmpty());
  EXPECT_FALSE(fs::exists(tree("repositories/a/_uploads")));
}

TEST_F(RegistryUploads, S9HaveAnIdOf128RandomBits) {
  const auto first = begin();
  const auto second = begin();
  EXPECT_THAT(first->id(), MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"));
  EXPECT_NE(first->id(), second->id());
}

TEST_F(RegistryUploads, LieWhereDistributionLooksForThemOnceParked) {
  const auto id = parked("hello");
  EXPECT_EQ(read_bytes(upload_path(id) / "data"), "hello");
  EXPECT_THAT(read_bytes(upload_path(id) / "startedat"),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
}

TEST_F(RegistryUploads, GoOnInPieces) {
  const auto bytes = pattern(100'000);
  const auto id = parked(bytes.substr(0, 10));
  for (std::size_t at = 10; at < bytes.size();) {
    EXPECT_EQ(registry_->upload_offset("a", id, "").value(), at);
    const auto upload = registry_->resume_upload("a", id, "").value();
    EXPECT_EQ(upload->offset(), at);
    const auto piece = bytes.substr(at, 30'000);
    ASSERT_TRUE(upload->write(as_bytes(piece)));
    at += piece.size();
  }
  const auto digest = blob_of(bytes).digest;
  ASSERT_TRUE(registry_->resume_upload("a", id, "").value()->commit(digest));
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), bytes);
  EXPECT_FALSE(fs::exists(upload_path(id)));
  EXPECT_THAT(files_below("_dray/uploads"), IsEmpty());
  EXPECT_EQ(registry_->upload_offset("a", id, "").error().code(), ErrorCode::not_found);
}

TEST_F(RegistryUploads, GoOnAfterARestart) {
  const auto bytes = pattern(50'000);
  const auto id = parked(bytes.substr(0, 20'000), "ann");
  reopen();
  EXPECT_EQ(registry_->upload_offset("a", id, "ann").value(), 20'000U);
  {
    const auto upload = registry_->resume_upload("a", id, "ann").value();
    ASSERT_TRUE(upload->write(as_bytes(bytes.substr(20'000))));
    EXPECT_EQ(upload->commit(blob_of("other").digest).error().code(), ErrorCode::digest_mismatch);
    ASSERT_TRUE(upload->commit(blob_of(bytes).digest));
  }
  EXPECT_EQ(bytes_of(registry_->open_blob("a", blob_of(bytes).digest).value()), bytes);
}

TEST_F(RegistryUploads, S10WithAWrongDigestStayAsTheyWere) {
  const auto upload = begin();
  ASSERT_TRUE(upload->write(as_bytes("hel")));
  EXPECT_EQ(upload->commit(blob_of("hello").digest).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(registry_->blob_size("a", blob_of("hello").digest).error().code(), ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(blob_path(blob_of("hel").digest)));
  ASSERT_TRUE(upload->write(as_bytes("lo")));
  EXPECT_TRUE(upload->commit(blob_of("hello").digest));
}

TEST_F(RegistryUploads, CanEndWithADigestOfAnotherKind) {
  const auto digest = blob_of("hello", DigestAlgorithm::sha512).digest;
  const auto upload = begin();
  ASSERT_TRUE(upload->write(as_bytes("hello")));
  EXPECT_EQ(upload->commit(blob_of("other", DigestAlgorithm::sha512).digest).error().code(),
            ErrorCode::digest_mismatch);
  ASSERT_TRUE(upload->commit(digest));
  EXPECT_EQ(bytes_of(registry_->open_blob("a", digest).value()), "hello");
}

TEST_F(RegistryUploads, S9AreBoundToRepositoryAndOwner) {
  const auto id = parked("hello", "ann");
  for (const auto& [repository, owner] :
       std::vector<std::pair<std::string, std::string>>{{"b", "ann"}, {"a", "bob"}, {"a", ""}, {"a/a", "ann"}}) {
    EXPECT_EQ(registry_->resume_upload(repository, id, owner).error().code(), ErrorCode::not_found);
    EXPECT_EQ(registry_->upload_offset(repository, id, owner).error().code(), ErrorCode::not_found);
    EXPECT_EQ(registry_->cancel_upload(repository, id, owner).error().code(), ErrorCode::not_found);
  }
  EXPECT_TRUE(registry_->resume_upload("a", id, "ann"));
}

TEST_F(RegistryUploads, HeldBySomebodyAreAConflictAndTellWhatIsSynced) {
  const auto upload = begin("ann");
  ASSERT_TRUE(upload->write(as_bytes("hel")));
  ASSERT_TRUE(upload->park());
  ASSERT_TRUE(upload->write(as_bytes("lo")));
  EXPECT_EQ(registry_->resume_upload("a", upload->id(), "ann").error().code(), ErrorCode::conflict);
  EXPECT_EQ(registry_->cancel_upload("a", upload->id(), "ann").error().code(), ErrorCode::conflict);
  EXPECT_EQ(registry_->resume_upload("a", upload->id(), "bob").error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->cancel_upload("b", upload->id(), "ann").error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->upload_offset("a", upload->id(), "bob").error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->upload_offset("a", upload->id(), "ann").value(), 3U);
}

TEST_F(RegistryUploads, AreThrownAwayOnRequest) {
  const auto id = parked("hello");
  ASSERT_TRUE(registry_->cancel_upload("a", id, ""));
  EXPECT_EQ(registry_->cancel_upload("a", id, "").error().code(), ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(upload_path(id)));
  EXPECT_THAT(files_below("_dray/uploads"), IsEmpty());
}

TEST_F(RegistryUploads, GoOnWithNoMoreThanWasSynced) {
  const auto id = parked("hello");
  write_bytes(upload_path(id) / "data", "hello and what was never synced");
  reopen();
  const auto upload = registry_->resume_upload("a", id, "").value();
  EXPECT_EQ(upload->offset(), 5U);
  EXPECT_EQ(fs::file_size(upload_path(id) / "data"), 5U);
  EXPECT_TRUE(upload->commit(blob_of("hello").digest));
}

TEST_F(RegistryUploads, WhoseFileIsShorterThanWasNotedGoOnFromItsEnd) {
  const auto id = parked("hello");
  fs::resize_file(upload_path(id) / "data", 3);
  reopen();
  EXPECT_EQ(registry_->upload_offset("a", id, "").value(), 3U);
  const auto upload = registry_->resume_upload("a", id, "").value();
  ASSERT_TRUE(upload->write(as_bytes("p")));
  EXPECT_TRUE(upload->commit(blob_of("help").digest));
}

TEST_F(RegistryUploads, OfDistributionGoOnWhereNobodyIsAskedWhoTheyAre) {
  const std::string id = "01234567-89ab-cdef-0123-456789abcdef";
  write_bytes(upload_path(id) / "data", "hello");
  write_bytes(upload_path(id) / "startedat", "2026-01-01T00:00:00Z");
  write_bytes(upload_path(id) / "hashstates/sha256/5", "state");
  EXPECT_EQ(registry_->resume_upload("a", id, "ann").error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_->upload_offset("a", id, "").value(), 5U);
  ASSERT_TRUE(registry_->resume_upload("a", id, "").value()->commit(blob_of("hello").digest));
  EXPECT_FALSE(fs::exists(upload_path(id)));
}

TEST_F(RegistryUploads, S8HostileIdsAreNotFoundAndTouchNothing) {
  temp_.write("registry/docker/registry/v2/repositories/a/_uploads/data", "x");
  for (const std::string id : {"", ".", "..", "../..", "/", "data", "01234567-89AB-cdef-0123-456789abcdef",
                               "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef0",
                               "../../../../../../../../../../etc/passwd", "01234567/89ab/cdef/0123/456789abcdef",
                               "%2e%2e", "0123456789abcdef0123456789abcdef0123"}) {
    EXPECT_EQ(registry_->resume_upload("a", id, "").error().code(), ErrorCode::not_found) << id;
    EXPECT_EQ(registry_->upload_offset("a", id, "").error().code(), ErrorCode::not_found) << id;
    EXPECT_EQ(registry_->cancel_upload("a", id, "").error().code(), ErrorCode::not_found) << id;
  }
  EXPECT_TRUE(fs::exists(tree("repositories/a/_uploads/data")));
}

TEST_F(RegistryUploads, ThatNobodyTouchedAreRemoved) {
  const auto old = parked("hello");
  clock_.advance(std::chrono::hours(10));
  const auto held = begin();
  ASSERT_TRUE(held->park());
  fs::last_write_time(upload_path(held->id()), fs::file_time_type::clock::now() + std::chrono::hours(10));
  const auto young = parked("young");
  fs::last_write_time(upload_path(young) / "data", fs::file_time_type::clock::now() + std::chrono::hours(10));
  fs::create_directories(tree("repositories/a/_uploads/no-id"));
  EXPECT_EQ(registry_->purge_uploads(std::chrono::hours(11)).value(), 0U);
  EXPECT_EQ(registry_->purge_uploads(std::chrono::hours(9)).value(), 1U);
  EXPECT_FALSE(fs::exists(upload_path(old)));
  EXPECT_TRUE(fs::exists(upload_path(young)));
  EXPECT_TRUE(fs::exists(upload_path(held->id())));
  EXPECT_TRUE(fs::exists(tree("repositories/a/_uploads/no-id")));
}

TEST_F(RegistryUploads, AreReadWhileTheyAreWritten) {
  const auto upload = begin();
  ASSERT_TRUE(upload->write(as_bytes("hel")));
  const auto file = upload->open_written().value();
  ASSERT_TRUE(upload->write(as_bytes("lo")));
  ASSERT_TRUE(upload->commit(blob_of("hello").digest));
  std::string room(5, '\0');
  EXPECT_EQ(read_at(file, 0, std::as_writable_bytes(std::span(room))).value(), 5U);
  EXPECT_EQ(room, "hello");
}

TEST_F(RegistryUploads, S38AFullDiskLeavesThemWhereTheyWere) {
  const auto id = parked("hel");
  {
    const auto upload = registry_->resume_upload("a", id, "").value();
    testing::FailNthCall faults(1, ENOSPC, SystemCall::write);
    const ScopedSystemFaults scope(faults);
    EXPECT_EQ(upload->write(as_bytes("lo")).error().code(), ErrorCode::no_space);
    EXPECT_EQ(upload->offset(), 3U);
  }
  const auto upload = registry_->resume_upload("a", id, "").value();
  ASSERT_TRUE(upload->write(as_bytes("lo")));
  EXPECT_TRUE(upload->commit(blob_of("hello").digest));
}

TEST_F(RegistryUploads, S38WhoseSyncFailedAreNeverAcknowledged) {
  auto upload = begin();
  ASSERT_TRUE(upload->write(as_bytes("hello")));
  {
    testing::FailNthCall faults(1, EIO, SystemCall::sync);
    const ScopedSystemFaults scope(faults);
    EXPECT_EQ(upload->commit(blob_of("hello").digest).error().code(), ErrorCode::io);
  }
  EXPECT_FALSE(upload->commit(blob_of("hello").digest));
  EXPECT_FALSE(upload->park());
  const auto id = upload->id();
  upload.reset();
  EXPECT_EQ(registry_->resume_upload("a", id, "").error().code(), ErrorCode::not_found);
  EXPECT_FALSE(registry_->blob_size("a", blob_of("hello").digest));
}

TEST_F(RegistryUploads, OutliveTheRegistry) {
  auto upload = begin();
  ASSERT_TRUE(upload->write(as_bytes("hello")));
  registry_.reset();
  const auto id = upload->id();
  upload.reset();
  reopen();
  EXPECT_EQ(registry_->upload_offset("a", id, "").value(), 5U);
}

}  // namespace
}  // namespace registry_uploads_test
}  // namespace dray
