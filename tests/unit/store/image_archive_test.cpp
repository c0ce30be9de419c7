#include <dray/store/image_archive.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <dray/format/tar.hpp>
#include <dray/store/oci_layout.hpp>

#include <cerrno>
#include <thread>

#include "archive_testing.hpp"
#include "support/image_maker.hpp"
#include "support/killed_at.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

// What every store must do is in tests/contract; docker's archives have docker_archive_test.cpp.

namespace dray {
namespace image_archive_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using testing::content_at;
using testing::content_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::opener;
using testing::pattern;
using testing::put_image;
using testing::store_image;
using ::testing::UnorderedElementsAre;

class ImageArchiveTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<ImageArchive> create() const {
    auto made = ImageArchive::create(path_, ArchiveKind::oci);
    EXPECT_TRUE(made) << made.error().message();
    return *made;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    const auto bytes = testing::read_bytes(path_);
    StringSource source(bytes);
    TarReader reader(source);
    std::vector<std::string> found;
    while (true) {
      const auto entry = reader.next();
      EXPECT_TRUE(entry) << entry.error().message();
      if (!entry || !*entry) return found;
      found.push_back((*entry)->path);
    }
  }
  /// What lies beside the archive.
  [[nodiscard]] std::vector<std::string> beside() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(temp_.path())) found.push_back(entry.path().filename());
    return found;
  }
  [[nodiscard]] static std::string blob_name(std::string_view bytes) {
    return "blobs/sha256/" + std::string(blob_of(bytes).digest.hex());
  }
  [[nodiscard]] static std::string error_of(const std::string& path, ArchiveKind kind = ArchiveKind::oci) {
    const auto opened = ImageArchive::open(path, kind);
    return opened ? "" : opened.error().message();
  }

  testing::TempDir temp_;
  std::string path_ = (temp_ / "images.tar").string();
};

TEST_F(ImageArchiveTest, IsNotThereBeforeItIsFinished) {
  const auto archive = create();
  ASSERT_TRUE(archive->set_tag("v", put_image(*archive, "layer"), {}));
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(content_of(*archive, "v"), "layer");
  ASSERT_TRUE(archive->finish({}));
  EXPECT_EQ(content_at(path_, "v"), "layer");
  EXPECT_EQ(content_of(*archive, "v"), "layer");
  EXPECT_THAT(beside(), ElementsAre("images.tar"));
}

TEST_F(ImageArchiveTest, HoldsWhatItsImagesNeedInTheOrderInWhichItCame) {
  const auto archive = create();
  const auto image = put_image(*archive, "layer");
  ASSERT_TRUE(archive->set_tag("v", image, {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_THAT(names(),
              ElementsAre(blob_name("{}"), blob_name("layer"), blob_name(image.bytes), "oci-layout", "index.json"));
}

TEST_F(ImageArchiveTest, BlobsThatWereLaidOutStandInThatOrder) {
  const auto archive = create();
  ASSERT_TRUE(archive->lay_out({blob_of("layer"), blob_of("{}")}, {}));
  const auto image = put_image(*archive, "layer");
  ASSERT_TRUE(archive->set_tag("v", image, {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_THAT(names(),
              ElementsAre(blob_name("layer"), blob_name("{}"), blob_name(image.bytes), "oci-layout", "index.json"));
}

TEST_F(ImageArchiveTest, SameImageGivesSameBytes) {
  ASSERT_TRUE(store_image(path_, "v", pattern(300'000)));
  const auto first = testing::read_bytes(path_);
  fs::remove(path_);
  ASSERT_TRUE(store_image(path_, "v", pattern(300'000)));
  EXPECT_TRUE(testing::read_bytes(path_) == first);
}

TEST_F(ImageArchiveTest, AnotherImageIsAddedAndTheFirstOneStays) {
  ASSERT_TRUE(store_image(path_, "one", pattern(400'000, 1)));
  ASSERT_TRUE(store_image(path_, "two", pattern(400'000, 2)));
  EXPECT_TRUE(content_at(path_, "one") == pattern(400'000, 1));
  EXPECT_TRUE(content_at(path_, "two") == pattern(400'000, 2));
  EXPECT_THAT(ImageArchive::open(path_, ArchiveKind::oci).value()->list_tags({}).value(),
              UnorderedElementsAre("one", "two"));
}

TEST_F(ImageArchiveTest, WhatNoImageNeedsIsNotWritten) {
  ASSERT_TRUE(store_image(path_, "v", "old"));
  const auto archive = create();
  ASSERT_TRUE(archive->put_blob(blob_of("nobody's"), opener("nobody's"), {}));
  const auto image = put_image(*archive, "new");
  ASSERT_TRUE(archive->set_tag("v", image, {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_THAT(names(), UnorderedElementsAre(blob_name("{}"), blob_name("new"), blob_name(image.bytes), "oci-layout",
                                            "index.json"));
  EXPECT_THAT(beside(), ElementsAre("images.tar"));
}

TEST_F(ImageArchiveTest, RemovedImageTakesItsBytesAndSharedOnesStay) {
  ASSERT_TRUE(store_image(path_, "one", "first"));
  ASSERT_TRUE(store_image(path_, "two", "second"));
  const auto archive = create();
  ASSERT_TRUE(archive->remove_manifest(archive->resolve("one", {}).value().digest, {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_EQ(content_at(path_, "two"), "second");
  EXPECT_EQ(names().size(), 5U);
}

TEST_F(ImageArchiveTest, ManifestThatNobodyNamesIsListedWithoutAName) {
  const auto archive = create();
  const auto image = put_image(*archive, "layer");
  ASSERT_TRUE(archive->put_manifest(image, {}));
  ASSERT_TRUE(archive->finish({}));
  const auto again = ImageArchive::open(path_, ArchiveKind::oci).value();
  EXPECT_TRUE(again->list_tags({})->empty());
  ASSERT_EQ(again->list_manifests().size(), 1U);
  EXPECT_EQ(again->list_manifests().front().digest, image.descriptor.digest);
}

TEST_F(ImageArchiveTest, FinishingWithoutAChangeWritesNothing) {
  const auto archive = create();
  ASSERT_TRUE(archive->finish({}));
  EXPECT_TRUE(beside().empty());
}

TEST_F(ImageArchiveTest, OtherProgramsTarsAreRead) {
  const auto image = testing::make_layered(2, 20'000, testing::Format::oci);
  testing::write_layout(temp_ / "layout", image, "v");
  for (const std::string options : {"", "--format=pax", "-z", "--zstd"}) {
    SCOPED_TRACE(options);
    const auto line = "tar -C '" + (temp_ / "layout").string() + "' " + options + " -cf '" + path_ + "' .";
    ASSERT_EQ(std::system(line.c_str()), 0);
    const auto archive = ImageArchive::open(path_, ArchiveKind::oci).value();
    EXPECT_EQ(archive->get_manifest("v", {}).value().bytes, *image.manifest.bytes);
    const auto& layer = image.layers.back().blob;
    const Descriptor blob{.media_type = MediaType::of(media_types::oci_layer_gzip),
                          .digest = Digest::parse(layer.digest).value(),
                          .size = layer.size()};
    EXPECT_EQ(read_blob(*archive, blob, 1 << 20, {}).value(), *layer.bytes);
  }
}

TEST_F(ImageArchiveTest, CompressedArchiveThatIsChangedBecomesAPlainOne) {
  ASSERT_TRUE(store_image(path_, "one", "first"));
  temp_.write("images.tar", testing::gzip(testing::read_bytes(path_)));
  ASSERT_TRUE(store_image(path_, "two", "second"));
  EXPECT_EQ(content_at(path_, "one"), "first");
  EXPECT_EQ(names().size(), 7U);
}

TEST_F(ImageArchiveTest, SaysWhatTheFileIsInstead) {
  EXPECT_THAT(error_of(path_), HasSubstr("there is no such file"));
  EXPECT_THAT(error_of(temp_.path().string()), HasSubstr("it is a folder"));
  temp_.write("images.tar", "no archive at all");
  EXPECT_THAT(error_of(path_), HasSubstr("the archive ends inside a header"));
  temp_.write("images.tar", testing::make_tar({{"readme", "hello"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("it has no file oci-layout"));
  temp_.write("images.tar", testing::make_tar({{"manifest.json", "[]"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("write docker-archive: instead"));
  temp_.write("images.tar", testing::make_tar({{"oci-layout", R"({"imageLayoutVersion":"2.0.0"})"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("only version 1 of the layout is known"));
  temp_.write("images.tar", testing::make_tar({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("it has no file index.json"));
}

TEST_F(ImageArchiveTest, FileThatIsThereTwiceIsRefused) {
  temp_.write("images.tar", testing::make_tar({{"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
                                               {"index.json", R"({"schemaVersion":2,"manifests":[]})"},
                                               {"./index.json", "{}"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("it holds the file index.json twice"));
}

TEST_F(ImageArchiveTest, LinksAreFollowedInsideTheArchiveAndNotOut) {
  temp_.write("images.tar", testing::make_tar({{"oci-layout", "", 0777, '2', "here/header"},
                                               {"here/header", "", 0777, '2', "../there"},
                                               {"there", R"({"imageLayoutVersion":"1.0.0"})"},
                                               {"index.json", "", 0777, '2', "/etc/passwd"},
                                               {"loop", "", 0777, '2', "loop"}}));
  EXPECT_THAT(error_of(path_), HasSubstr("it has no file index.json"));
}

TEST_F(ImageArchiveTest, DamagedBlobIsSeenWhenItIsReadAndWhenItIsKept) {
  ASSERT_TRUE(store_image(path_, "v", pattern(5'000)));
  auto bytes = testing::read_bytes(path_);
  const auto at = bytes.find(pattern(5'000));
  ASSERT_NE(at, std::string::npos);
  bytes[at + 100] = static_cast<char>(bytes[at + 100] ^ 1);
  temp_.write("images.tar", bytes);
  EXPECT_THAT(content_at(path_, "v"), HasSubstr("digest"));
  const auto stored = store_image(path_, "two", "second");
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(testing::read_bytes(path_), bytes);
}

TEST_F(ImageArchiveTest, WhatALinkLeadsToIsReplacedAndTheLinkStays) {
  ASSERT_TRUE(store_image(path_, "one", "first"));
  const auto link = (temp_ / "link.tar").string();
  fs::create_symlink("images.tar", link);
  ASSERT_TRUE(store_image(link, "two", "second"));
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content_at(path_, "two"), "second");
}

TEST_F(ImageArchiveTest, PlaceThatIsNoFileIsRefused) {
  const auto made = ImageArchive::create("/dev/null", ArchiveKind::oci);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("no regular file"));
  EXPECT_EQ(ImageArchive::create((temp_ / "nowhere/images.tar").string(), ArchiveKind::oci).error().code(),
            ErrorCode::not_found);
}

// Resuming, crashes, full disks

TEST_F(ImageArchiveTest, NextProcessGoesOnWhereAKilledOneStopped) {
  const auto bytes = pattern(1'000'000);
  const auto blob = blob_of(bytes);
  {
    const auto archive = create();
    const auto writer = archive->begin_blob(blob, {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(600'000)));
  }
  EXPECT_THAT(beside(), ElementsAre(".dray-tmp"));
  const auto archive = create();
  {
    const auto writer = archive->begin_blob(blob, {}).value();
    EXPECT_TRUE(writer->resumed());
    ASSERT_EQ(writer->missing().size(), 1U);
    EXPECT_EQ(writer->missing().front().begin, 600'000U);
    ASSERT_TRUE(writer->write(600'000, as_bytes(bytes).subspan(600'000)));
    ASSERT_TRUE(writer->commit({}));
  }
  ASSERT_TRUE(archive->set_tag("v", put_image(*archive, bytes), {}));
  ASSERT_TRUE(archive->finish({}));
  EXPECT_TRUE(content_at(path_, "v") == bytes);
  EXPECT_THAT(beside(), ElementsAre("images.tar"));
}

TEST_F(ImageArchiveTest, DamagedBytesOfAnEarlierProcessAreFetchedAnew) {
  const auto bytes = pattern(1'000'000);
  auto wrong = bytes;
  wrong[10] = static_cast<char>(wrong[10] ^ 1);
  {
    const auto archive = create();
    const auto writer = archive->begin_blob(blob_of(bytes), {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(wrong).first(600'000)));
  }
  ASSERT_TRUE(store_image(path_, "v", bytes));
  EXPECT_TRUE(content_at(path_, "v") == bytes);
}

TEST_F(ImageArchiveTest, LeftoversOfAnotherCopyAreNotInTheArchive) {
  {
    const auto archive = create();
    ASSERT_TRUE(archive->put_blob(blob_of(pattern(500'000, 7)), opener(pattern(500'000, 7)), {}));
  }
  ASSERT_TRUE(store_image(path_, "v", pattern(500'000, 8)));
  EXPECT_EQ(names().size(), 5U);
  EXPECT_THAT(beside(), ElementsAre("images.tar"));
}

TEST_F(ImageArchiveTest, NothingStaysOfASmallTry) {
  {
    const auto archive = create();
    ASSERT_TRUE(archive->put_blob(blob_of("small"), opener("small"), {}));
  }
  EXPECT_TRUE(beside().empty());
}

TEST_F(ImageArchiveTest, KilledAtAnySystemCallTheOldArchiveStandsOrTheNewOne) {
  bool killed = true;
  const auto content = pattern(300'000);
  for (std::size_t n = 1; killed; ++n) {
    SCOPED_TRACE(n);
    fs::remove_all(temp_ / ".dray-tmp");
    fs::remove(path_);
    ASSERT_TRUE(store_image(path_, "one", "first"));
    killed = testing::killed_at(n, [&] { (void)store_image(path_, "two", content); });
    EXPECT_EQ(content_at(path_, "one"), "first");
    const auto two = content_at(path_, "two");
    EXPECT_TRUE(two == content || two.find("lists no two") != std::string::npos) << two.substr(0, 200);
    ASSERT_TRUE(store_image(path_, "two", content));
    EXPECT_TRUE(content_at(path_, "two") == content);
    EXPECT_EQ(content_at(path_, "one"), "first");
    EXPECT_THAT(beside(), ElementsAre("images.tar"));
  }
}

struct Fault {
  const char* name;
  int error;
  bool for_ever;
};

class ImageArchiveFaults : public ImageArchiveTest, public ::testing::WithParamInterface<Fault> {};
INSTANTIATE_TEST_SUITE_P(Errors, ImageArchiveFaults,
                         ::testing::Values(Fault{"FullDiskOnce", ENOSPC, false}, Fault{"FullDiskForEver", ENOSPC, true},
                                           Fault{"BrokenDiskOnce", EIO, false}, Fault{"BrokenDiskForEver", EIO, true}),
                         [](const auto& row) { return row.param.name; });

TEST_P(ImageArchiveFaults, TheOldArchiveStandsOrTheNewOneAndTheNextTrySucceeds) {
  bool reached_end = false;
  const auto content = pattern(300'000);
  for (std::size_t n = 1; !reached_end; ++n) {
    SCOPED_TRACE(n);
    fs::remove_all(temp_ / ".dray-tmp");
    fs::remove(path_);
    ASSERT_TRUE(store_image(path_, "one", "first"));
    testing::FailNthCall faults(n, GetParam().error, {}, GetParam().for_ever);
    bool good = false;
    {
      const ScopedSystemFaults scope(faults);
      good = store_image(path_, "two", content).has_value();
    }
    reached_end = faults.count() < n;
    EXPECT_EQ(content_at(path_, "one"), "first");
    if (good) {
      EXPECT_TRUE(content_at(path_, "two") == content);
    }
    const auto again = store_image(path_, "two", content);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_TRUE(content_at(path_, "two") == content);
  }
}

// Several writers

TEST_F(ImageArchiveTest, WritersWaitForOneAnotherAndLoseNothing) {
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 6; ++i) {
      writers.emplace_back([&, i] {
        const auto stored = store_image(path_, "v" + std::to_string(i), "content " + std::to_string(i));
        EXPECT_TRUE(stored) << stored.error().message();
      });
    }
  }
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(content_at(path_, "v" + std::to_string(i)), "content " + std::to_string(i));
  }
  EXPECT_THAT(beside(), ElementsAre("images.tar"));
}

TEST_F(ImageArchiveTest, BlobsOfSeveralThreadsArriveInPiecesSideBySide) {
  const auto archive = create();
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 1; i <= 4; ++i) {
      threads.emplace_back([&, i] {
        const auto bytes = pattern(700'000 + i, i);
        const auto writer = archive->begin_blob(blob_of(bytes), {}).value();
        ASSERT_TRUE(writer->write(400'000, as_bytes(bytes).subspan(400'000)));
        ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(400'000)));
        ASSERT_TRUE(writer->commit({}));
      });
    }
  }
  for (std::uint32_t i = 1; i <= 4; ++i) {
    ASSERT_TRUE(archive->set_tag("v" + std::to_string(i), put_image(*archive, pattern(700'000 + i, i)), {}));
  }
  ASSERT_TRUE(archive->finish({}));
  for (std::uint32_t i = 1; i <= 4; ++i) {
    EXPECT_TRUE(content_at(path_, "v" + std::to_string(i)) == pattern(700'000 + i, i));
  }
}

TEST_F(ImageArchiveTest, WaitForAnotherWriterEndsWhenItIsToldTo) {
  const auto first = create();
  ASSERT_TRUE(first->put_blob(blob_of("a"), opener("a"), {}));
  std::stop_source stop;
  stop.request_stop();
  const auto second = create();
  EXPECT_EQ(second->put_blob(blob_of("b"), opener("b"), stop.get_token()).error().code(), ErrorCode::cancelled);
}

}  // namespace
}  // namespace image_archive_test
}  // namespace dray
