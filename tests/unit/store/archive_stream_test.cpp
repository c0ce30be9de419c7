#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <dray/base/file.hpp>

#include "archive_testing.hpp"
#include "support/temp_dir.hpp"

namespace dray {
namespace archive_stream_test {
namespace {

using testing::blob_of;
using testing::content_at;
using ::testing::HasSubstr;
using testing::opener;
using testing::put_image;

class ArchiveStreamTest : public ::testing::Test {
 protected:
  testing::TempDir temp_;
  std::string path_ = (temp_ / "out.tar").string();
  FileDescriptor file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ArchiveStream stream_ = ArchiveStream(file_.get(), ArchiveKind::oci);
};

TEST_F(ArchiveStreamTest, IsAnArchiveOnceItIsFinished) {
  ASSERT_TRUE(stream_.set_tag("v", put_image(stream_, "layer"), {}));
  ASSERT_TRUE(stream_.finish({}));
  EXPECT_EQ(content_at(path_, "v"), "layer");
}

TEST_F(ArchiveStreamTest, SameBlobIsWrittenOnce) {
  ASSERT_TRUE(stream_.set_tag("one", put_image(stream_, "layer"), {}));
  ASSERT_TRUE(stream_.set_tag("two", put_image(stream_, "layer"), {}));
  ASSERT_TRUE(stream_.finish({}));
  EXPECT_EQ(content_at(path_, "one"), "layer");
  EXPECT_EQ(content_at(path_, "two"), "layer");
}

TEST_F(ArchiveStreamTest, BlobThatBreaksHalfWayLeavesAnArchiveWithoutAnEnd) {
  ASSERT_TRUE(stream_.set_tag("v", put_image(stream_, "layer"), {}));
  EXPECT_EQ(stream_.put_blob(blob_of("right"), opener("wrong"), {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(stream_.put_blob(blob_of("other"), opener("other"), {}));
  EXPECT_FALSE(stream_.finish({}));
  EXPECT_FALSE(ImageArchive::open(path_, ArchiveKind::oci));
}

TEST_F(ArchiveStreamTest, BlobThatCannotBeOpenedHarmsNothing) {
  const auto refuses = []() -> Result<std::unique_ptr<ByteSource>> { return Error(ErrorCode::denied, "no"); };
  EXPECT_EQ(stream_.put_blob(blob_of("layer"), refuses, {}).error().code(), ErrorCode::denied);
  ASSERT_TRUE(stream_.set_tag("v", put_image(stream_, "layer"), {}));
  ASSERT_TRUE(stream_.finish({}));
  EXPECT_EQ(content_at(path_, "v"), "layer");
}

TEST_F(ArchiveStreamTest, ManifestThatNobodyNamesIsListed) {
  const auto image = put_image(stream_, "layer");
  ASSERT_TRUE(stream_.put_manifest(image, {}));
  ASSERT_TRUE(stream_.finish({}));
  EXPECT_EQ(ImageArchive::open(path_, ArchiveKind::oci).value()->list_manifests().front().digest,
            image.descriptor.digest);
}

TEST_F(ArchiveStreamTest, FullDeviceIsAnError) {
  FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ArchiveStream stream(full.get(), ArchiveKind::oci);
  const auto put = stream.put_blob(blob_of("layer"), opener("layer"), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::no_space);
  EXPECT_FALSE(stream.finish({}));
}

}  // namespace
}  // namespace archive_stream_test
}  // namespace dray
