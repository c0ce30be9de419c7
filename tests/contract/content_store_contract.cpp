#include "content_store_contract.hpp"

#include <gmock/gmock.h>
#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/verify.hpp>

#include <algorithm>
#include <thread>

namespace dray::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::stop_token never;

Digest digest_of(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
  Digester digester(algorithm);
  digester.update(as_bytes(bytes));
  return digester.finish();
}

Descriptor blob_of(std::string_view bytes, DigestAlgorithm algorithm = DigestAlgorithm::sha256) {
  return {
      .media_type = MediaType::of(media_types::oci_layer), .digest = digest_of(bytes, algorithm), .size = bytes.size()};
}

/// Bytes that repeat nowhere soon, so that a part at the wrong place is seen.
std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) {
    seed = seed * 1664525U + 1013904223U;
    byte = static_cast<char>(seed >> 24U);
  }
  return bytes;
}

/// Gives out the bytes in small pieces, and fails or ends where it is told to.
class ScriptedSource final : public ByteSource {
 public:
  ScriptedSource(std::string bytes, std::size_t fail_at) : bytes_(std::move(bytes)), fail_at_(fail_at) {}
  Result<std::size_t> read(ByteSpan into) override {
    if (at_ >= fail_at_) return Error(ErrorCode::unavailable, "the source was cut");
    const auto count = std::min({into.size(), std::size_t{4099}, bytes_.size() - at_, fail_at_ - at_});
    std::copy_n(as_bytes(bytes_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }

 private:
  std::string bytes_;
  std::size_t fail_at_;
  std::size_t at_ = 0;
};

BlobOpener opener(std::string bytes, std::size_t fail_at = std::string::npos) {
  return [=]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<ScriptedSource>(bytes, fail_at); };
}

Result<std::string> read_back(ContentStore& store, const Descriptor& blob) {
  return read_blob(store, blob, 64ULL << 20, never);
}

/// An image manifest whose config and layer are in the store.
RawManifest image(ContentStore& store, const std::string& content,
                  std::string_view media_type = media_types::oci_manifest) {
  const auto config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"author":")" + content + "\"}";
  EXPECT_TRUE(store.put_blob(blob_of(config), opener(config), never));
  EXPECT_TRUE(store.put_blob(blob_of(content), opener(content), never));
  const auto entry = [](std::string_view type, const std::string& bytes) {
    return R"({"mediaType":")" + std::string(type) + R"(", "digest":")" + digest_of(bytes).text() + R"(","size":)" +
           std::to_string(bytes.size()) + "}";
  };
  // The blanks are there to be kept.
  RawManifest manifest{.descriptor = blob_of(""),
                       .bytes = "{\n   \"schemaVersion\" :2,\n\t\"mediaType\":\"" + std::string(media_type) +
                                "\",\"config\": " + entry(media_types::oci_config, config) + ", \"layers\":[" +
                                entry(media_types::oci_layer, content) + "],\"x-unknown\":[1.50, null]}\n"};
  manifest.descriptor = blob_of(manifest.bytes);
  manifest.descriptor.media_type = MediaType::of(media_type);
  return manifest;
}

void expect_manifest(ContentStore& store, const ManifestName& name, const RawManifest& expected) {
  SCOPED_TRACE(text(name));
  const auto resolved = store.resolve(name, never);
  ASSERT_TRUE(resolved) << resolved.error().message();
  EXPECT_EQ(resolved->digest, expected.descriptor.digest);
  EXPECT_EQ(resolved->size, expected.bytes.size());
  EXPECT_EQ(resolved->media_type, expected.descriptor.media_type);
  const auto got = store.get_manifest(name, never);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->bytes, expected.bytes);
  EXPECT_EQ(got->descriptor.digest, expected.descriptor.digest);
  EXPECT_EQ(got->descriptor.media_type, expected.descriptor.media_type);
}

void expect_no_blob(ContentStore& store, const Descriptor& blob) {
  EXPECT_FALSE(store.has_blob(blob, never).value());
  const auto opened = store.open_blob(blob, {}, never);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::not_found) << opened.error().message();
}

template <class T>
void expect_not_found(const Result<T>& result) {
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::not_found) << result.error().message();
}

}  // namespace

// Manifests and tags

TEST_P(ContentStoreContract, ManifestIsFoundByTagAndByDigestWithItsOwnBytes) {
  const auto manifest = image(store(), "one");
  ASSERT_TRUE(store().set_tag(tag(), manifest, never));
  expect_manifest(store(), tag(), manifest);
  expect_manifest(store(), manifest.descriptor.digest, manifest);
  EXPECT_TRUE(store().has_manifest(manifest.descriptor.digest, never).value());
}

TEST_P(ContentStoreContract, DockerManifestKeepsItsType) {
  const auto manifest = image(store(), "docker", media_types::docker_manifest);
  ASSERT_TRUE(store().set_tag(tag(), manifest, never));
  expect_manifest(store(), tag(), manifest);
}

TEST_P(ContentStoreContract, ManifestWithoutATagIsFoundByDigest) {
  const auto manifest = image(store(), "untagged");
  ASSERT_TRUE(store().put_manifest(manifest, never));
  expect_manifest(store(), manifest.descriptor.digest, manifest);
  EXPECT_TRUE(store().has_manifest(manifest.descriptor.digest, never).value());
  const auto tags = store().list_tags(never);
  if (tags) {
    EXPECT_TRUE(tags->empty());
  } else {  // a registry does not know a repository before it has a tag
    EXPECT_EQ(tags.error().code(), ErrorCode::not_found);
  }
}

TEST_P(ContentStoreContract, IndexIsKeptBesideItsChildren) {
  const auto child = image(store(), "child");
  ASSERT_TRUE(store().put_manifest(child, never));
  RawManifest index{.descriptor = blob_of(""),
                    .bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)"
                             R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":")" +
                             child.descriptor.digest.text() + R"(","size":)" + std::to_string(child.bytes.size()) +
                             R"(,"platform":{"architecture":"amd64","os":"linux"}}]})"};
  index.descriptor = blob_of(index.bytes);
  index.descriptor.media_type = MediaType::of(media_types::oci_index);
  ASSERT_TRUE(store().set_tag(tag(), index, never));
  expect_manifest(store(), tag(), index);
  expect_manifest(store(), child.descriptor.digest, child);
}

TEST_P(ContentStoreContract, ManifestOfUnknownTypeIsKept) {
  if (!place_->takes_unknown_media_types()) GTEST_SKIP() << "the place takes known media types only";
  const auto manifest = image(store(), "unknown", "application/vnd.example.thing.v7+json");
  ASSERT_TRUE(store().set_tag(tag(), manifest, never));
  expect_manifest(store(), tag(), manifest);
  expect_manifest(store(), manifest.descriptor.digest, manifest);
}

TEST_P(ContentStoreContract, TagsAreListed) {
  if (place_->holds_one_image()) GTEST_SKIP() << "the place holds one image";
  const auto first = image(store(), "one");
  const auto second = image(store(), "two");
  ASSERT_TRUE(store().set_tag("b", first, never));
  ASSERT_TRUE(store().set_tag("a.b_c-1", second, never));
  ASSERT_TRUE(store().set_tag("latest", second, never));
  EXPECT_THAT(store().list_tags(never).value(), UnorderedElementsAre("b", "a.b_c-1", "latest"));
}

TEST_P(ContentStoreContract, TagMovesAndTheOldManifestStays) {
  if (place_->holds_one_image()) GTEST_SKIP() << "the place holds one image";
  const auto old_one = image(store(), "old");
  const auto new_one = image(store(), "new");
  ASSERT_TRUE(store().set_tag("moving", old_one, never));
  ASSERT_TRUE(store().set_tag("moving", new_one, never));
  expect_manifest(store(), "moving", new_one);
  expect_manifest(store(), old_one.descriptor.digest, old_one);
  EXPECT_THAT(store().list_tags(never).value(), ElementsAre("moving"));
}

TEST_P(ContentStoreContract, SettingATagAgainIsFine) {
  const auto manifest = image(store(), "same");
  ASSERT_TRUE(store().set_tag(tag(), manifest, never));
  ASSERT_TRUE(store().set_tag(tag(), manifest, never));
  expect_manifest(store(), tag(), manifest);
  EXPECT_EQ(store().list_tags(never)->size(), 1U);
}

TEST_P(ContentStoreContract, ASecondImageTakesTheFirstOnesPlace) {
  if (!place_->holds_one_image()) GTEST_SKIP() << "the place holds many images";
  ASSERT_TRUE(store().set_tag(tag(), image(store(), "old"), never));
  const auto new_one = image(store(), "new");
  ASSERT_TRUE(store().set_tag(tag(), new_one, never));
  expect_manifest(store(), tag(), new_one);
  EXPECT_THAT(store().list_tags(never).value(), ElementsAre(tag()));
  EXPECT_EQ(store().set_tag("other", new_one, never).error().code(), ErrorCode::unsupported);
}

TEST_P(ContentStoreContract, RemovedTagLeavesTheManifest) {
  if (!place_->removes_tags()) GTEST_SKIP() << "the place cannot remove a tag alone";
  const auto manifest = image(store(), "tagged");
  ASSERT_TRUE(store().set_tag("keep", manifest, never));
  ASSERT_TRUE(store().set_tag("drop", manifest, never));
  ASSERT_TRUE(store().remove_tag("drop", never));
  expect_not_found(store().resolve("drop", never));
  expect_manifest(store(), "keep", manifest);
  ASSERT_TRUE(store().remove_tag("keep", never));
  expect_manifest(store(), manifest.descriptor.digest, manifest);
  expect_not_found(store().remove_tag("keep", never));
}

TEST_P(ContentStoreContract, RemovedManifestTakesItsTags) {
  if (place_->holds_one_image()) GTEST_SKIP() << "the place holds one image";
  if (!place_->removes_manifests()) GTEST_SKIP() << "the place cannot remove manifests";
  const auto gone = image(store(), "gone");
  const auto stays = image(store(), "stays");
  ASSERT_TRUE(store().set_tag("one", gone, never));
  ASSERT_TRUE(store().set_tag("two", gone, never));
  ASSERT_TRUE(store().set_tag("three", stays, never));
  ASSERT_TRUE(store().remove_manifest(gone.descriptor.digest, never));
  expect_not_found(store().resolve("one", never));
  expect_not_found(store().get_manifest("two", never));
  expect_not_found(store().resolve(gone.descriptor.digest, never));
  EXPECT_FALSE(store().has_manifest(gone.descriptor.digest, never).value());
  expect_manifest(store(), "three", stays);
  expect_not_found(store().remove_manifest(gone.descriptor.digest, never));
}

TEST_P(ContentStoreContract, UnknownNamesAreNotFound) {
  ASSERT_TRUE(store().set_tag(tag(), image(store(), "known"), never));
  const auto unknown = digest_of("nowhere");
  expect_not_found(store().resolve("unknown", never));
  expect_not_found(store().get_manifest("unknown", never));
  expect_not_found(store().resolve(unknown, never));
  expect_not_found(store().get_manifest(unknown, never));
  EXPECT_FALSE(store().has_manifest(unknown, never).value());
}

TEST_P(ContentStoreContract, ManifestThatIsNotWhatItsDigestSaysIsRefused) {
  auto manifest = image(store(), "content");
  const auto right = manifest.bytes;
  manifest.bytes += " ";
  EXPECT_EQ(store().put_manifest(manifest, never).error().code(), ErrorCode::digest_mismatch);
  manifest.bytes = right;
  manifest.bytes.back() = ' ';
  EXPECT_EQ(store().set_tag(tag(), manifest, never).error().code(), ErrorCode::digest_mismatch);
  EXPECT_FALSE(store().has_manifest(manifest.descriptor.digest, never).value());
  expect_not_found(store().resolve(tag(), never));
}

TEST_P(ContentStoreContract, TooLargeAManifestIsRefused) {
  RawManifest manifest{.descriptor = blob_of(""), .bytes = std::string(limits::max_manifest_bytes + 1, ' ')};
  manifest.descriptor = blob_of(manifest.bytes);
  EXPECT_EQ(store().put_manifest(manifest, never).error().code(), ErrorCode::limit_exceeded);
}

TEST_P(ContentStoreContract, BadTagsAreRefused) {
  const auto manifest = image(store(), "content");
  for (const auto* const tag : {"", "a/b", "-a", "a b", "..", "a:b"}) {
    EXPECT_EQ(store().set_tag(tag, manifest, never).error().code(), ErrorCode::invalid_input) << tag;
  }
}

// Blobs

TEST_P(ContentStoreContract, BlobIsReadBackWholeAndInRanges) {
  const auto bytes = pattern(300'001);
  const auto blob = blob_of(bytes);
  ASSERT_TRUE(store().put_blob(blob, opener(bytes), never));
  EXPECT_TRUE(store().has_blob(blob, never).value());
  EXPECT_EQ(read_back(store(), blob).value(), bytes);
  for (const auto range :
       {ByteRange{0, 1}, ByteRange{1, 300'001}, ByteRange{300'000, 300'001}, ByteRange{4096, 8192}}) {
    SCOPED_TRACE(range.begin);
    auto opened = store().open_blob(blob, range, never);
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_LE(opened->begin, range.begin);
    const auto got = read_all(*opened->bytes, bytes.size());
    ASSERT_TRUE(got) << got.error().message();
    // A place that cannot skip begins before, and one that cannot stop goes on behind.
    const auto skipped = range.begin - opened->begin;
    ASSERT_GE(got->size(), skipped + range.size());
    EXPECT_EQ(got->substr(skipped, range.size()), bytes.substr(range.begin, range.size()));
  }
}

TEST_P(ContentStoreContract, BlobOfSeveralMegabytesIsKept) {
  const auto bytes = pattern((5U << 20U) + 3U);
  ASSERT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
  EXPECT_EQ(read_back(store(), blob_of(bytes)).value(), bytes);
}

TEST_P(ContentStoreContract, EmptyBlobIsKept) {
  if (!place_->takes_empty_blobs()) GTEST_SKIP() << "the place takes no empty blob";
  ASSERT_TRUE(store().put_blob(blob_of(""), opener(""), never));
  EXPECT_TRUE(store().has_blob(blob_of(""), never).value());
  EXPECT_EQ(read_back(store(), blob_of("")).value(), "");
}

TEST_P(ContentStoreContract, Sha512BlobIsKept) {
  if (!place_->takes_sha512()) GTEST_SKIP() << "the place takes sha256 only";
  const auto bytes = pattern(10'000);
  const auto blob = blob_of(bytes, DigestAlgorithm::sha512);
  ASSERT_TRUE(store().put_blob(blob, opener(bytes), never));
  EXPECT_TRUE(store().has_blob(blob, never).value());
  EXPECT_EQ(read_back(store(), blob).value(), bytes);
}

TEST_P(ContentStoreContract, UnknownBlobIsNotFound) { expect_no_blob(store(), blob_of("nowhere")); }

TEST_P(ContentStoreContract, PuttingABlobAgainIsFine) {
  const auto bytes = pattern(10'000);
  ASSERT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
  ASSERT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
  EXPECT_EQ(read_back(store(), blob_of(bytes)).value(), bytes);
}

TEST_P(ContentStoreContract, BytesOfAnotherDigestAreRefusedAndNothingIsVisible) {
  const auto bytes = pattern(10'000);
  auto wrong = bytes;
  wrong[5'000] = static_cast<char>(wrong[5'000] ^ 1);
  const auto blob = blob_of(bytes);
  const auto put = store().put_blob(blob, opener(wrong), never);
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch) << put.error().message();
  expect_no_blob(store(), blob);
  expect_no_blob(store(), blob_of(wrong));
  ASSERT_TRUE(store().put_blob(blob, opener(bytes), never));
  EXPECT_EQ(read_back(store(), blob).value(), bytes);
}

TEST_P(ContentStoreContract, BytesOfAnotherSizeAreRefusedAndNothingIsVisible) {
  const auto bytes = pattern(10'000);
  const auto blob = blob_of(bytes);
  for (const auto& wrong : {bytes.substr(0, 9'999), bytes + "x", std::string(), bytes + bytes}) {
    SCOPED_TRACE(wrong.size());
    const auto put = store().put_blob(blob, opener(wrong), never);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch) << put.error().message();
    expect_no_blob(store(), blob);
  }
}

TEST_P(ContentStoreContract, DescriptorWithAWrongSizeIsRefusedAndNothingIsVisible) {
  const auto bytes = pattern(10'000);
  for (const std::uint64_t size : {0ULL, 9'999ULL, 10'001ULL}) {
    SCOPED_TRACE(size);
    auto lying = blob_of(bytes);
    lying.size = size;
    const auto put = store().put_blob(lying, opener(bytes), never);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch) << put.error().message();
    expect_no_blob(store(), blob_of(bytes));
  }
}

TEST_P(ContentStoreContract, FailingOpenerLeavesNothingAndItsErrorIsGivenBack) {
  const auto bytes = pattern(50'000);
  const auto blob = blob_of(bytes);
  const auto refuses = []() -> Result<std::unique_ptr<ByteSource>> { return Error(ErrorCode::denied, "not for you"); };
  EXPECT_EQ(store().put_blob(blob, refuses, never).error().code(), ErrorCode::denied);
  for (const std::size_t fail_at : {0U, 1U, 4099U, 49'999U, 50'000U}) {
    SCOPED_TRACE(fail_at);
    const auto put = store().put_blob(blob, opener(bytes, fail_at), never);
    ASSERT_FALSE(put);
    EXPECT_EQ(put.error().code(), ErrorCode::unavailable) << put.error().message();
    expect_no_blob(store(), blob);
  }
  ASSERT_TRUE(store().put_blob(blob, opener(bytes), never));
  EXPECT_EQ(read_back(store(), blob).value(), bytes);
}

TEST_P(ContentStoreContract, WrongSizeIsSeenWhenReading) {
  const auto bytes = pattern(10'000);
  ASSERT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
  for (const std::uint64_t size : {9'999ULL, 10'001ULL}) {
    auto lying = blob_of(bytes);
    lying.size = size;
    EXPECT_EQ(read_back(store(), lying).error().code(), ErrorCode::digest_mismatch);
  }
}

TEST_P(ContentStoreContract, RemovedBlobIsGone) {
  if (!place_->removes_blobs()) GTEST_SKIP() << "the place cannot remove blobs";
  const auto bytes = pattern(1'000);
  ASSERT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
  ASSERT_TRUE(store().remove_blob(blob_of(bytes).digest, never));
  expect_no_blob(store(), blob_of(bytes));
  expect_not_found(store().remove_blob(blob_of(bytes).digest, never));
}

// Many at once, and stopping

TEST_P(ContentStoreContract, SameBlobFromManyThreadsIsWhole) {
  const auto bytes = pattern(200'000);
  const auto blob = blob_of(bytes);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(store().put_blob(blob, opener(bytes), never)); });
    }
  }
  EXPECT_EQ(read_back(store(), blob).value(), bytes);
}

TEST_P(ContentStoreContract, DifferentBlobsFromManyThreadsAreWhole) {
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto bytes = pattern(50'000, i);
        EXPECT_TRUE(store().put_blob(blob_of(bytes), opener(bytes), never));
      });
    }
  }
  for (std::uint32_t i = 0; i < 8; ++i) {
    EXPECT_EQ(read_back(store(), blob_of(pattern(50'000, i))).value(), pattern(50'000, i));
  }
}

TEST_P(ContentStoreContract, TagsFromManyThreadsAreAllKept) {
  if (place_->holds_one_image()) GTEST_SKIP() << "the place holds one image";
  const auto manifest = image(store(), "content");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] { EXPECT_TRUE(store().set_tag("t" + std::to_string(i), manifest, never)); });
    }
  }
  EXPECT_THAT(store().list_tags(never).value(), UnorderedElementsAre("t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"));
}

TEST_P(ContentStoreContract, NothingIsDoneOnceStopped) {
  std::stop_source stopped;
  stopped.request_stop();
  const auto bytes = pattern(1'000);
  EXPECT_EQ(store().put_blob(blob_of(bytes), opener(bytes), stopped.get_token()).error().code(), ErrorCode::cancelled);
  expect_no_blob(store(), blob_of(bytes));
  EXPECT_EQ(store().resolve(tag(), stopped.get_token()).error().code(), ErrorCode::cancelled);
}

TEST_P(ContentStoreContract, DescribesItselfAndFinishes) {
  EXPECT_FALSE(store().describe().empty());
  ASSERT_TRUE(store().set_tag(tag(), image(store(), "content"), never));
  EXPECT_TRUE(store().finish(never));
  EXPECT_THAT(store().list_tags(never).value(), ElementsAre(tag()));
}

}  // namespace dray::testing
