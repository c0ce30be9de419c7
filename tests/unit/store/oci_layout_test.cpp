#include <dray/store/oci_layout.hpp>

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
namespace oci_layout_test {
namespace {

namespace fs = std::filesystem;
using testing::blob_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::opener;
using testing::pattern;
using testing::read_bytes;
using ::testing::UnorderedElementsAre;

RawManifest manifest_of(const std::string& mark) {
  RawManifest manifest{
      .descriptor = blob_of(""),
      .bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":)"
               R"("application/vnd.oci.image.config.v1+json","digest":")" +
               blob_of("{}").digest.text() + R"(","size":2},"layers":[],"annotations":{"mark":")" + mark + "\"}}"};
  manifest.descriptor = blob_of(manifest.bytes);
  manifest.descriptor.media_type = MediaType::of(media_types::oci_manifest);
  return manifest;
}

std::string path_of(const Descriptor& blob) { return "blobs/sha256/" + std::string(blob.digest.hex()); }

class OciLayoutTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<OciLayout> create() const {
    auto created = OciLayout::create(folder_);
    EXPECT_TRUE(created) << created.error().message();
    return std::move(created).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename());
    return found;
  }

  testing::TempDir temp_;
  fs::path folder_ = temp_ / "layout";
};

TEST_F(OciLayoutTest, NewOneHasWhatTheSpecificationAsksFor) {
  {
    ASSERT_TRUE(create()->finish({}));
  }
  EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
  EXPECT_EQ(read_bytes(folder_ / "oci-layout"), R"({"imageLayoutVersion":"1.0.0"})");
  EXPECT_TRUE(OciLayout::open(folder_));
}

TEST_F(OciLayoutTest, NothingOfOursStaysBehind) {
  {
    const auto layout = create();
    ASSERT_TRUE(layout->put_blob(blob_of("{}"), opener("{}"), {}));
    ASSERT_TRUE(layout->set_tag("v1", manifest_of("a"), {}));
  }
  EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
}

TEST_F(OciLayoutTest, CreateOpensOneThatIsThere) {
  ASSERT_TRUE(create()->set_tag("v1", manifest_of("a"), {}));
  EXPECT_THAT(create()->list_tags({}).value(), ElementsAre("v1"));
}

TEST_F(OciLayoutTest, CreateRefusesAFolderWithOtherThings) {
  temp_.write("layout/thesis.txt", "precious");
  const auto created = OciLayout::create(folder_);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(names(), ElementsAre("thesis.txt"));
}

TEST_F(OciLayoutTest, CreateFinishesWhatAKilledProcessBegan) {
  bool killed = true;
  for (std::size_t n = 1; killed; ++n) {
    SCOPED_TRACE(n);
    killed = testing::killed_at(n, [&] { (void)OciLayout::create(folder_); });
    {
      EXPECT_THAT(create()->list_tags({}).value(), IsEmpty());
    }
    EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
    fs::remove_all(folder_);
  }
}

TEST_F(OciLayoutTest, OpenOfWhatIsNoLayoutIsNotFound) {
  EXPECT_EQ(OciLayout::open(folder_).error().code(), ErrorCode::not_found);
  fs::create_directory(folder_);
  EXPECT_EQ(OciLayout::open(folder_).error().code(), ErrorCode::not_found);
}

TEST_F(OciLayoutTest, OtherLayoutVersionIsRefused) {
  temp_.write("layout/oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  EXPECT_EQ(OciLayout::open(folder_).error().code(), ErrorCode::unsupported);
  temp_.write("layout/oci-layout", R"({"version":"1.0.0"})");
  EXPECT_EQ(OciLayout::open(folder_).error().code(), ErrorCode::invalid_input);
}

TEST_F(OciLayoutTest, ReadingWritesNothing) {
  {
    ASSERT_TRUE(create()->set_tag("v1", manifest_of("a"), {}));
  }
  const auto layout = OciLayout::open(folder_).value();
  ASSERT_TRUE(layout->get_manifest("v1", {}));
  ASSERT_TRUE(layout->finish({}));
  EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
}

TEST_F(OciLayoutTest, ForeignFilesAreLeftAlone) {
  {
    const auto layout = create();
    temp_.write("layout/README", "mine");
    temp_.write("layout/.dray-tmp/note", "mine");
    temp_.write("layout/.dray-tmp/sha256-zz.partial", "mine");
    temp_.write("layout/blobs/sha256/short", "mine");
    ASSERT_TRUE(layout->set_tag("v1", manifest_of("a"), {}));
    ASSERT_TRUE(layout->finish({}));
  }
  for (const auto* const name : {"README", ".dray-tmp/note", ".dray-tmp/sha256-zz.partial", "blobs/sha256/short"}) {
    EXPECT_EQ(read_bytes(folder_ / name), "mine") << name;
  }
}

TEST_F(OciLayoutTest, LinksInsideAreNotFollowed) {
  const auto layout = create();
  const auto blob = blob_of("secret");
  const auto manifest = manifest_of("a");
  temp_.write("outside/secret", "secret");
  temp_.write("outside/manifest", manifest.bytes);
  fs::create_symlink(temp_ / "outside/secret", folder_ / path_of(blob));
  fs::create_symlink(temp_ / "outside/manifest", folder_ / path_of(manifest.descriptor));
  EXPECT_EQ(layout->open_blob(blob, {}, {}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(layout->has_blob(blob, {}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(layout->get_manifest(manifest.descriptor.digest, {}).error().code(), ErrorCode::invalid_input);
  fs::remove_all(folder_ / "blobs");
  fs::create_directory(temp_ / "outside/sha256");
  fs::create_directory_symlink(temp_ / "outside", folder_ / "blobs");
  EXPECT_EQ(layout->put_blob(blob_of("x"), opener("x"), {}).error().code(), ErrorCode::invalid_input);
  EXPECT_TRUE(fs::is_empty(temp_ / "outside/sha256"));
}

TEST_F(OciLayoutTest, IndexThatIsALinkIsNotFollowed) {
  const auto layout = create();
  fs::rename(folder_ / "index.json", temp_ / "index.json");
  fs::create_symlink(temp_ / "index.json", folder_ / "index.json");
  EXPECT_EQ(layout->list_tags({}).error().code(), ErrorCode::invalid_input);
}

TEST_F(OciLayoutTest, HostileIndexIsRefusedAndKept) {
  const auto layout = create();
  temp_.write("layout/index.json", R"({"schemaVersion":2,"manifests":[{"digest":"sha256:../../x"}]})");
  EXPECT_EQ(layout->list_tags({}).error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(layout->set_tag("v1", manifest_of("a"), {}).error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(read_bytes(folder_ / "index.json"), HasSubstr("../../x"));
}

TEST_F(OciLayoutTest, IndexAboveItsLimitIsRefused) {
  const auto layout = create();
  temp_.write("layout/index.json", std::string(limits::max_layout_index_bytes + 1, ' '));
  EXPECT_EQ(layout->list_tags({}).error().code(), ErrorCode::limit_exceeded);
}

TEST_F(OciLayoutTest, ManifestThatWasChangedOnDiskIsNotGivenOut) {
  const auto layout = create();
  const auto manifest = manifest_of("a");
  ASSERT_TRUE(layout->set_tag("v1", manifest, {}));
  auto changed = manifest.bytes;
  changed[changed.size() - 4] = 'X';
  testing::write_bytes(folder_ / path_of(manifest.descriptor), changed);
  EXPECT_EQ(layout->get_manifest("v1", {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_EQ(layout->get_manifest(manifest.descriptor.digest, {}).error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(layout->has_manifest(manifest.descriptor.digest, {}).value());
  ASSERT_TRUE(layout->put_manifest(manifest, {}));
  EXPECT_EQ(layout->get_manifest("v1", {})->bytes, manifest.bytes);
}

TEST_F(OciLayoutTest, BlobOfAnotherSizeDoesNotCount) {
  const auto layout = create();
  const auto bytes = pattern(1000);
  testing::write_bytes(folder_ / path_of(blob_of(bytes)), bytes.substr(0, 500));
  EXPECT_FALSE(layout->has_blob(blob_of(bytes), {}).value());
  EXPECT_EQ(layout->open_blob(blob_of(bytes), {}, {}).error().code(), ErrorCode::digest_mismatch);
  ASSERT_TRUE(layout->put_blob(blob_of(bytes), opener(bytes), {}));
  EXPECT_EQ(read_bytes(folder_ / path_of(blob_of(bytes))), bytes);
}

TEST_F(OciLayoutTest, BlobThatIsNoManifestIsNotFoundAsOne) {
  const auto layout = create();
  ASSERT_TRUE(layout->put_blob(blob_of("not json"), opener("not json"), {}));
  EXPECT_EQ(layout->resolve(blob_of("not json").digest, {}).error().code(), ErrorCode::not_found);
  EXPECT_FALSE(layout->has_manifest(blob_of("not json").digest, {}).value());
}

TEST_F(OciLayoutTest, ListedManifestWithoutItsBlobSaysSo) {
  const auto layout = create();
  const auto manifest = manifest_of("a");
  ASSERT_TRUE(layout->set_tag("v1", manifest, {}));
  ASSERT_TRUE(layout->remove_blob(manifest.descriptor.digest, {}));
  const auto got = layout->get_manifest("v1", {});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::not_found);
  EXPECT_THAT(got.error().message(), HasSubstr("its blob is missing"));
}

TEST_F(OciLayoutTest, AddedManifestIsListedWithoutATagAndAPutOneIsNot) {
  const auto layout = create();
  const auto top = manifest_of("top");
  ASSERT_TRUE(layout->put_manifest(manifest_of("child"), {}));
  ASSERT_TRUE(layout->add_manifest(top, {}));
  ASSERT_TRUE(layout->add_manifest(top, {}));
  const auto listed = layout->list_manifests().value();
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed.front().digest, top.descriptor.digest);
  EXPECT_THAT(layout->list_tags({}).value(), IsEmpty());
}

TEST_F(OciLayoutTest, PutBlobUsesWhatAnEarlierTryLeft) {
  const auto layout = create();
  const auto bytes = pattern(1'000'000);
  {
    const auto writer = layout->begin_blob(blob_of(bytes), {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(600'000)));
  }
  ASSERT_TRUE(layout->put_blob(blob_of(bytes), opener(bytes), {}));
  EXPECT_EQ(read_bytes(folder_ / path_of(blob_of(bytes))), bytes);
}

TEST_F(OciLayoutTest, PutBlobIsNotSpoiledByWhatAnEarlierTryLeft) {
  const auto layout = create();
  const auto bytes = pattern(1'000'000);
  {
    const auto writer = layout->begin_blob(blob_of(bytes), {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(pattern(600'000, 9))));
  }
  ASSERT_TRUE(layout->put_blob(blob_of(bytes), opener(bytes), {}));
  EXPECT_EQ(read_bytes(folder_ / path_of(blob_of(bytes))), bytes);
}

TEST_F(OciLayoutTest, PartialBlobStaysForTheNextProcess) {
  const auto bytes = pattern(1'000'000);
  {
    const auto layout = create();
    const auto writer = layout->begin_blob(blob_of(bytes), {}).value();
    ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(600'000)));
  }
  const auto layout = create();
  const auto writer = layout->begin_blob(blob_of(bytes), {}).value();
  EXPECT_TRUE(writer->resumed());
  EXPECT_THAT(writer->missing(), ElementsAre(ByteRange{600'000, 1'000'000}));
}

TEST_F(OciLayoutTest, LeftoverOfAPublishedBlobIsCleanedUp) {
  const auto bytes = pattern(1'000'000);
  {
    const auto layout = create();
    {
      const auto writer = layout->begin_blob(blob_of(bytes), {}).value();
      ASSERT_TRUE(writer->write(0, as_bytes(bytes).first(600'000)));
    }
    testing::write_bytes(folder_ / path_of(blob_of(bytes)), bytes);  // another program was faster
  }
  EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
}

TEST_F(OciLayoutTest, TagsSetByManyProcessesAreAllKept) {
  {
    (void)create();
  }
  constexpr int processes = 6;
  for (int i = 0; i < processes; ++i) {
    if (::fork() != 0) continue;
    const auto layout = OciLayout::create(folder_);
    bool good = layout.has_value();
    for (int j = 0; good && j < 5; ++j) {
      const auto tag = std::to_string(i) + "." + std::to_string(j);
      good = (*layout)->set_tag(tag, manifest_of(tag), {}).has_value() && (*layout)->finish({}).has_value();
    }
    ::_exit(good ? 0 : 1);
  }
  for (int i = 0; i < processes; ++i) {
    int status = 0;
    ASSERT_GT(::wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(OciLayout::open(folder_).value()->list_tags({})->size(), 30U);
  EXPECT_THAT(names(), UnorderedElementsAre("oci-layout", "index.json", "blobs"));
}

TEST_F(OciLayoutTest, FailedSystemCallLeavesTheOldTagOrTheNewOne) {
  const auto old_one = manifest_of("old");
  const auto new_one = manifest_of("new");
  bool reached_end = false;
  for (std::size_t n = 1; !reached_end; ++n) {
    SCOPED_TRACE(n);
    const auto layout = create();
    ASSERT_TRUE(layout->set_tag("v1", old_one, {}));
    testing::FailNthCall faults(n, ENOSPC);
    bool good = false;
    {
      const ScopedSystemFaults scope(faults);
      good = layout->set_tag("v1", new_one, {}).has_value();
    }
    reached_end = faults.count() < n;
    const auto got = layout->get_manifest("v1", {});
    ASSERT_TRUE(got) << got.error().message();
    EXPECT_TRUE(got->bytes == new_one.bytes || (!good && got->bytes == old_one.bytes));
    ASSERT_TRUE(layout->set_tag("v1", new_one, {}));
    EXPECT_EQ(layout->get_manifest("v1", {})->bytes, new_one.bytes);
    ASSERT_TRUE(layout->remove_manifest(new_one.descriptor.digest, {}));
  }
}

TEST_F(OciLayoutTest, TellsFreeBytes) { EXPECT_GT(create()->free_bytes().value(), 0U); }

}  // namespace
}  // namespace oci_layout_test
}  // namespace dray
