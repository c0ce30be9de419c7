#include <dray/store/directory_image.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <dray/core/limits.hpp>
#include <dray/store/verify.hpp>

#include <cerrno>
#include <thread>

#include "store_testing.hpp"
#include "support/killed_at.hpp"
#include "support/system_faults.hpp"
#include "support/temp_dir.hpp"

// What every store must do is in tests/contract.

namespace dray {
namespace directory_image_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::image_of;
using ::testing::Not;
using testing::opener;
using testing::pattern;
using testing::read_bytes;
using ::testing::UnorderedElementsAre;

std::string hex(const Descriptor& blob) { return std::string(blob.digest.hex()); }

RawManifest index_of(const std::vector<RawManifest>& children) {
  RawManifest index{
      .descriptor = blob_of(""),
      .bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"};
  for (const auto& child : children) {
    index.bytes += (index.bytes.ends_with('[') ? "" : ",") +
                   std::string(R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")") +
                   child.descriptor.digest.text() + R"(","size":)" + std::to_string(child.bytes.size()) + "}";
  }
  index.bytes += "]}";
  index.descriptor = blob_of(index.bytes);
  index.descriptor.media_type = MediaType::of(media_types::oci_index);
  return index;
}

Result<void> write_image(DirectoryImage& place, const std::string& content) {
  DRAY_TRY(place.put_blob(blob_of("{}"), opener("{}"), {}));
  DRAY_TRY(place.put_blob(blob_of(content), opener(content), {}));
  DRAY_TRY(place.set_tag("latest", image_of(content), {}));
  return place.finish({});
}

/// Opens the folder, as a command does, and writes an image into it.
Result<void> store_image(const fs::path& folder, const std::string& content) {
  DRAY_TRY_ASSIGN(const auto place, DirectoryImage::create(folder));
  return write_image(*place, content);
}

class DirectoryImageTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<DirectoryImage> create() const {
    auto created = DirectoryImage::create(folder_);
    EXPECT_TRUE(created) << created.error().message();
    return std::move(created).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    return found;
  }
  /// The image that is in the folder, by the content of its layer, with all that belongs to it; else what is wrong.
  [[nodiscard]] std::string image() const {
    const auto place = DirectoryImage::open(folder_);
    if (!place) return place.error().message();
    const auto root = (*place)->get_manifest("latest", {});
    if (!root) return root.error().message();
    for (const auto* const content : {"one", "two"}) {
      if (root->bytes != image_of(content).bytes) continue;
      const auto layer = read_blob(**place, blob_of(content), 100, {});
      const auto config = read_blob(**place, blob_of("{}"), 100, {});
      return !layer ? layer.error().message() : !config ? config.error().message() : *layer;
    }
    return "an unknown manifest";
  }

  testing::TempDir temp_{testing::folder_in_memory()};
  fs::path folder_ = temp_ / "image";
};

TEST_F(DirectoryImageTest, HasTheFilesThatSkopeoReads) {
  ASSERT_TRUE(store_image(folder_, "one"));
  EXPECT_THAT(names(), UnorderedElementsAre("version", "manifest.json", hex(blob_of("{}")), hex(blob_of("one"))));
  EXPECT_EQ(read_bytes(folder_ / "version"), "Directory Transport Version: 1.1\n");
  EXPECT_EQ(read_bytes(folder_ / "manifest.json"), image_of("one").bytes);
  EXPECT_EQ(image(), "one");
}

TEST_F(DirectoryImageTest, ManifestsOfAnIndexHaveTheirOwnFiles) {
  {
    const auto place = create();
    for (const auto* const content : {"{}", "one", "two"}) {
      ASSERT_TRUE(place->put_blob(blob_of(content), opener(content), {}));
    }
    ASSERT_TRUE(place->put_manifest(image_of("one"), {}));
    ASSERT_TRUE(place->put_manifest(image_of("two"), {}));
    ASSERT_TRUE(place->set_tag("latest", index_of({image_of("one"), image_of("two")}), {}));
    ASSERT_TRUE(place->finish({}));
  }
  EXPECT_THAT(names(), UnorderedElementsAre("version", "manifest.json", hex(blob_of("{}")), hex(blob_of("one")),
                                            hex(blob_of("two")), hex(image_of("one").descriptor) + ".manifest.json",
                                            hex(image_of("two").descriptor) + ".manifest.json"));
}

TEST_F(DirectoryImageTest, AnotherImageTakesThePlaceAndWhatOnlyTheOldOneNeededGoes) {
  ASSERT_TRUE(store_image(folder_, "one"));
  testing::write_bytes(folder_ / "signature-1", "of the first");
  testing::write_bytes(folder_ / "note", "mine");
  ASSERT_TRUE(store_image(folder_, "two"));
  EXPECT_THAT(names(),
              UnorderedElementsAre("version", "manifest.json", "note", hex(blob_of("{}")), hex(blob_of("two"))));
  EXPECT_EQ(image(), "two");
}

TEST_F(DirectoryImageTest, ReferrersStayWithTheirImageAndGoWithIt) {
  RawManifest referrer = image_of("two");
  referrer.bytes.insert(1, R"("subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                               image_of("one").descriptor.digest.text() + R"(","size":)" +
                               std::to_string(image_of("one").bytes.size()) + "},");
  const auto described = blob_of(referrer.bytes);
  referrer.descriptor.digest = described.digest;
  referrer.descriptor.size = described.size;
  {
    const auto place = create();
    ASSERT_TRUE(place->put_blob(blob_of("two"), opener("two"), {}));
    ASSERT_TRUE(place->put_manifest(referrer, {}));
    ASSERT_TRUE(write_image(*place, "one"));
    EXPECT_EQ(place->list_referrers(image_of("one").descriptor.digest, {}, {})->size(), 1U);
  }
  EXPECT_THAT(names(), Contains(hex(blob_of("two"))));
  ASSERT_TRUE(store_image(folder_, "two"));
  EXPECT_THAT(names(), Not(Contains(hex(referrer.descriptor) + ".manifest.json")));
}

TEST_F(DirectoryImageTest, SignaturesStayWithTheirManifest) {
  ASSERT_TRUE(store_image(folder_, "one"));
  testing::write_bytes(folder_ / "signature-1", "of the first");
  ASSERT_TRUE(store_image(folder_, "one"));
  EXPECT_EQ(read_bytes(folder_ / "signature-1"), "of the first");
}

TEST_F(DirectoryImageTest, NothingGoesWhereTheImageCannotBeUnderstood) {
  ASSERT_TRUE(store_image(folder_, "one"));
  const auto place = create();
  ASSERT_TRUE(place->put_manifest(image_of("two"), {}));
  ASSERT_TRUE(place->set_tag("latest", index_of({image_of("two")}), {}));
  testing::write_bytes(folder_ / (hex(image_of("two").descriptor) + ".manifest.json"), "spoiled");
  ASSERT_TRUE(place->finish({}));
  EXPECT_THAT(names(), Contains(hex(blob_of("one"))));
}

TEST_F(DirectoryImageTest, BlobsOfAnotherWriterAreNotTakenAway) {
  const auto slow = create();
  ASSERT_TRUE(slow->put_blob(blob_of("two"), opener("two"), {}));
  ASSERT_TRUE(store_image(folder_, "one"));
  EXPECT_THAT(names(), Contains(hex(blob_of("two"))));
  ASSERT_TRUE(write_image(*slow, "two"));
  EXPECT_EQ(image(), "two");
  EXPECT_THAT(names(), Not(Contains(hex(blob_of("one")))));
}

TEST_F(DirectoryImageTest, OtherTagsAreRefusedAndTheImageStays) {
  ASSERT_TRUE(store_image(folder_, "one"));
  const auto put = create()->set_tag("sha256-1234.sig", image_of("two"), {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(put.error().message(), HasSubstr("oci:DIR"));
  EXPECT_EQ(image(), "one");
}

TEST_F(DirectoryImageTest, FolderWithOtherThingsIsRefused) {
  temp_.write("image/thesis.txt", "precious");
  EXPECT_EQ(DirectoryImage::create(folder_).error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(names(), UnorderedElementsAre("thesis.txt"));
  temp_.write("image/version", "3.1\n");  // somebody's own
  EXPECT_EQ(DirectoryImage::create(folder_).error().code(), ErrorCode::unsupported);
  EXPECT_EQ(DirectoryImage::open(folder_).error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryImageTest, VersionIsLookedAt) {
  ASSERT_TRUE(store_image(folder_, "one"));
  for (const auto* const text : {"Directory Transport Version: 2.0\n", "", "Directory"}) {
    testing::write_bytes(folder_ / "version", text);
    EXPECT_EQ(DirectoryImage::open(folder_).error().code(), ErrorCode::unsupported) << text;
  }
  testing::write_bytes(folder_ / "version", "Directory Transport Version: 1.2\n");
  EXPECT_EQ(image(), "one");
  fs::remove(folder_ / "version");  // before there were versions
  EXPECT_EQ(image(), "one");
}

TEST_F(DirectoryImageTest, NamesWithAnAlgorithmAreRead) {
  const auto layer = blob_of("layer", DigestAlgorithm::sha512);
  const auto place = create();
  testing::write_bytes(folder_ / ("sha512-" + hex(layer)), "layer");
  EXPECT_EQ(read_blob(*place, layer, 100, {}).value(), "layer");
  EXPECT_TRUE(place->has_blob(layer, {}).value());
  ASSERT_TRUE(place->put_blob(layer, opener("layer"), {}));
  EXPECT_FALSE(fs::exists(folder_ / hex(layer)));
  ASSERT_TRUE(place->remove_blob(layer.digest, {}));
  EXPECT_FALSE(place->has_blob(layer, {}).value());
}

TEST_F(DirectoryImageTest, ManifestThatDoesNotTellItsTypeIsRefused) {
  RawManifest unknown{.descriptor = blob_of("{}"), .bytes = "{}"};
  unknown.descriptor.media_type = MediaType::of(media_types::oci_manifest);
  EXPECT_FALSE(create()->set_tag("latest", unknown, {}));
  EXPECT_THAT(names(), UnorderedElementsAre("version"));
}

TEST_F(DirectoryImageTest, ManifestThatWasChangedOnDiskIsNotGivenOut) {
  const auto child = image_of("one");
  const auto place = create();
  ASSERT_TRUE(place->put_manifest(child, {}));
  testing::write_bytes(folder_ / (hex(child.descriptor) + ".manifest.json"), image_of("two").bytes);
  EXPECT_EQ(place->get_manifest(child.descriptor.digest, {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(place->has_manifest(child.descriptor.digest, {}).value());
  ASSERT_TRUE(place->put_manifest(child, {}));
  EXPECT_TRUE(place->has_manifest(child.descriptor.digest, {}).value());
}

TEST_F(DirectoryImageTest, LinksAndLargeFilesAreRefused) {
  ASSERT_TRUE(store_image(folder_, "one"));
  temp_.write("outside", "one");
  fs::remove(folder_ / hex(blob_of("one")));
  fs::create_symlink(temp_ / "outside", folder_ / hex(blob_of("one")));
  const auto place = DirectoryImage::open(folder_).value();
  EXPECT_EQ(place->open_blob(blob_of("one"), {}, {}).error().code(), ErrorCode::invalid_input);
  testing::write_bytes(folder_ / "manifest.json", std::string(limits::max_manifest_bytes + 1, ' '));
  EXPECT_EQ(place->get_manifest("latest", {}).error().code(), ErrorCode::limit_exceeded);
  fs::remove(folder_ / "manifest.json");
  fs::create_symlink(temp_ / "outside", folder_ / "manifest.json");
  EXPECT_FALSE(place->get_manifest("latest", {}));
}

TEST_F(DirectoryImageTest, RemovedImageIsGone) {
  ASSERT_TRUE(store_image(folder_, "one"));
  const auto place = create();
  ASSERT_TRUE(place->remove_manifest(image_of("one").descriptor.digest, {}));
  EXPECT_EQ(place->resolve("latest", {}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(place->remove_manifest(image_of("one").descriptor.digest, {}).error().code(), ErrorCode::not_found);
  EXPECT_EQ(DirectoryImage::open(folder_).error().code(), ErrorCode::not_found);
}

TEST_F(DirectoryImageTest, PartialBlobStaysForTheNextProcess) {
  const auto bytes = pattern(1'000'000);
  {
    const auto place = create();
    const auto writer = place->begin_blob(blob_of(bytes), {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(600'000)));
  }
  const auto place = create();
  const auto writer = place->begin_blob(blob_of(bytes), {}).value();
  EXPECT_THAT(writer->missing(), ::testing::ElementsAre(ByteRange{600'000, 1'000'000}));
  EXPECT_GE(place->set_aside_bytes(blob_of(bytes)).value(), 600'000U);
}

TEST_F(DirectoryImageTest, ReadingWritesNothing) {
  ASSERT_TRUE(store_image(folder_, "one"));
  const auto before = names();
  EXPECT_EQ(image(), "one");
  EXPECT_EQ(names(), before);
}

TEST_F(DirectoryImageTest, KilledAtAnySystemCallTheOldImageStandsOrTheNewOne) {
  bool killed = true;
  for (std::size_t n = 1; killed; ++n) {
    SCOPED_TRACE(n);
    fs::remove_all(folder_);
    ASSERT_TRUE(store_image(folder_, "one"));
    killed = testing::killed_at(n, [&] { (void)store_image(folder_, "two"); });
    EXPECT_THAT(image(), ::testing::AnyOf("one", "two"));
    ASSERT_TRUE(store_image(folder_, "two"));
    EXPECT_EQ(image(), "two");
    EXPECT_THAT(names(), UnorderedElementsAre("version", "manifest.json", hex(blob_of("{}")), hex(blob_of("two"))));
  }
}

struct Fault {
  const char* name;
  int error;
  bool for_ever;
};

class DirectoryImageFaults : public DirectoryImageTest, public ::testing::WithParamInterface<Fault> {};
INSTANTIATE_TEST_SUITE_P(Errors, DirectoryImageFaults,
                         ::testing::Values(Fault{"FullDiskOnce", ENOSPC, false}, Fault{"FullDiskForEver", ENOSPC, true},
                                           Fault{"BrokenDiskOnce", EIO, false}, Fault{"BrokenDiskForEver", EIO, true}),
                         [](const auto& row) { return row.param.name; });

TEST_P(DirectoryImageFaults, TheOldImageStandsOrTheNewOneAndTheNextTrySucceeds) {
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    SCOPED_TRACE(n);
    fs::remove_all(folder_);
    ASSERT_TRUE(store_image(folder_, "one"));
    testing::FailNthCall faults(n, GetParam().error, {}, GetParam().for_ever);
    bool good = false;
    {
      const ScopedSystemFaults scope(faults);
      good = store_image(folder_, "two").has_value();
    }
    reached_end = faults.count() < n;
    EXPECT_THAT(image(), ::testing::AnyOf("two", good ? "two" : "one"));
    const auto again = store_image(folder_, "two");
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(image(), "two");
  }
}

TEST_F(DirectoryImageTest, OfManyProcessesOneHasTheLastWordAndItsImageIsWhole) {
  constexpr int processes = 6;
  for (int i = 0; i < processes; ++i) {
    if (::fork() != 0) continue;
    bool good = true;
    for (int j = 0; good && j < 5; ++j) good = store_image(folder_, (i + j) % 2 == 0 ? "one" : "two").has_value();
    ::_exit(good ? 0 : 1);
  }
  for (int i = 0; i < processes; ++i) {
    int status = 0;
    ASSERT_GT(::wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(image(), ::testing::AnyOf("one", "two"));
  EXPECT_THAT(names(), Not(Contains(".dray-tmp")));
}

}  // namespace
}  // namespace directory_image_test
}  // namespace dray
