#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "registry_testing.hpp"

namespace dray {
namespace registry_open_test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::read_bytes;
using testing::write_bytes;
using Use = RegistryFolderOptions::Use;

class RegistryOpen : public testing::RegistryFolderTest {};

TEST_F(RegistryOpen, S36ASecondWriterIsRefused) {
  const auto second = RegistryFolder::open(root_, {}, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::conflict);
  EXPECT_THAT(second.error().message(), HasSubstr("in use by another program"));
  registry_.reset();
  EXPECT_TRUE(RegistryFolder::open(root_, {}, clock_));
}

TEST_F(RegistryOpen, S36ReadersShareTheFolderWithEachOtherAndAWriter) {
  const auto first = RegistryFolder::open(root_, {.use = Use::read}, clock_).value();
  const auto second = RegistryFolder::open(root_, {.use = Use::read}, clock_).value();
  testing::push_image(*registry_, "a", {.mark = "x"}, {"one"});
  EXPECT_TRUE(first->get_manifest("a", "one"));
  EXPECT_TRUE(second->get_manifest("a", "one"));
  EXPECT_THAT(first->list_tags("a", "", 10).value().names, ElementsAre("one"));
  testing::push_image(*registry_, "a", {.mark = "x"}, {"two"});
  ASSERT_TRUE(registry_->remove_tag("a", "one"));
  EXPECT_THAT(first->list_tags("a", "", 10).value().names, ElementsAre("two"));
  EXPECT_EQ(first->get_manifest("a", "one").error().code(), ErrorCode::not_found);
}

TEST_F(RegistryOpen, AFolderThatMustExistIsNotMade) {
  EXPECT_EQ(RegistryFolder::open(temp_ / "none", {.must_exist = true}, clock_).error().code(), ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(temp_ / "none"));
  fs::create_directory(temp_ / "other");
  for (const auto use : {Use::read, Use::write}) {
    const auto other = RegistryFolder::open(temp_ / "other", {.use = use, .must_exist = true}, clock_);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), ErrorCode::not_found);
    EXPECT_THAT(other.error().message(), HasSubstr("holds no registry"));
  }
  EXPECT_TRUE(fs::is_empty(temp_ / "other"));
  EXPECT_TRUE(RegistryFolder::open(root_, {.use = Use::read, .must_exist = true}, clock_));
}

TEST_F(RegistryOpen, AReaderChangesNothing) {
  const auto image = testing::push_image(*registry_, "a", {.mark = "x", .layers = {"layer"}}, {"tag"});
  reopen({.use = Use::read});
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
  EXPECT_TRUE(registry_->open_blob("a", testing::blob_of("layer").digest));
  const auto manifest = *registry_->get_manifest("a", "tag").value();
  EXPECT_EQ(registry_->put_manifest("a", manifest, {"new"}, {}).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->begin_upload("a", "", DigestAlgorithm::sha256).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->remove_tag("a", "tag").error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->remove_manifest("a", image.digest).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->remove_blob("a", image.digest).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->mount_blob(image.digest, "a", "b").error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->purge_uploads(std::chrono::hours(1)).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->collect({}, {}).error().code(), ErrorCode::denied);
  EXPECT_EQ(registry_->verify(true, {}).error().code(), ErrorCode::denied);
  EXPECT_TRUE(registry_->get_manifest("a", "tag"));
}

TEST_F(RegistryOpen, AnAbsentFolderIsMadeToWriteAndNotFoundToRead) {
  EXPECT_EQ(RegistryFolder::open(temp_ / "none", {.use = Use::read}, clock_).error().code(), ErrorCode::not_found);
  EXPECT_TRUE(RegistryFolder::open(temp_ / "some/deep/folder/", {}, clock_));
  EXPECT_TRUE(fs::exists(temp_ / "some/deep/folder/docker/registry/v2/repositories"));
}

TEST_F(RegistryOpen, RemovesTemporaryFilesOfAnEarlierRunAndNothingElse) {
  registry_.reset();
  write_bytes(root_ / "_dray/tmp/t-0123456789abcdef-17", "x");
  write_bytes(root_ / "_dray/tmp/somebody's", "x");
  write_bytes(root_ / "_dray/tmp/t-0123456789abcdef-17x", "x");
  fs::create_directory(root_ / "_dray/tmp/t-0123456789abcdef-18");
  reopen();
  EXPECT_FALSE(fs::exists(root_ / "_dray/tmp/t-0123456789abcdef-17"));
  EXPECT_TRUE(fs::exists(root_ / "_dray/tmp/somebody's"));
  EXPECT_TRUE(fs::exists(root_ / "_dray/tmp/t-0123456789abcdef-17x"));
  EXPECT_TRUE(fs::exists(root_ / "_dray/tmp/t-0123456789abcdef-18"));
}

TEST_F(RegistryOpen, RemovesWhatIsLeftOfAnUploadWhoseBytesAreGone) {
  auto upload = registry_->begin_upload("a", "", DigestAlgorithm::sha256).value();
  const auto id = upload->id();
  upload.reset();
  fs::remove(tree("repositories/a/_uploads/" + id + "/data"));
  reopen();
  EXPECT_FALSE(fs::exists(tree("repositories/a/_uploads/" + id)));
  EXPECT_FALSE(fs::exists(root_ / "_dray/uploads" / id));
}

TEST_F(RegistryOpen, LowersTheOffsetOfAnUploadToItsFile) {
  auto upload = registry_->begin_upload("a", "ann", DigestAlgorithm::sha256).value();
  ASSERT_TRUE(upload->write(as_bytes("hello")));
  const auto id = upload->id();
  upload.reset();
  fs::resize_file(tree("repositories/a/_uploads/" + id + "/data"), 2);
  reopen();
  EXPECT_THAT(read_bytes(root_ / "_dray/uploads" / id), HasSubstr("\"offset\":2"));
}

TEST_F(RegistryOpen, S37SurvivesStrangeStatesOfUploads) {
  registry_.reset();
  const std::string id = "01234567-89ab-cdef-0123-4567890000";
  write_bytes(root_ / "_dray/uploads" / (id + "01"), "not json");
  write_bytes(root_ / "_dray/uploads" / (id + "02"), R"({"repository":"../../..","owner":"","offset":9,"started":1})");
  write_bytes(root_ / "_dray/uploads" / (id + "03"), R"({"repository":"a"})");
  write_bytes(root_ / "_dray/uploads/odd name", "x");
  fs::create_directory(root_ / "_dray/uploads" / (id + "04"));
  reopen();
  EXPECT_EQ(files_below("_dray/uploads").size(), 4U);
  EXPECT_FALSE(registry_->resume_upload("a", id + "01", ""));
  EXPECT_FALSE(registry_->resume_upload("a", id + "02", ""));
}

TEST_F(RegistryOpen, TellsWhereItIsAndHowMuchRoomThereIs) {
  EXPECT_EQ(registry_->describe(), root_.string());
  EXPECT_GT(registry_->free_bytes().value(), 0U);
}

}  // namespace
}  // namespace registry_open_test
}  // namespace dray
