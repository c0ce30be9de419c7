#include <gmock/gmock.h>
#include <dray/store/abilities.hpp>
#include <dray/store/referrers.hpp>

#include <thread>

#include "content_store_contract.hpp"

namespace dray::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::stop_token never;
const auto sbom = MediaType::of("application/vnd.example.sbom");
const auto signature = MediaType::of("application/vnd.example.signature");

RawManifest put_artifact(ContentStore& store, const std::string& content, const MediaType& type,
                         const std::optional<Descriptor>& subject) {
  const auto put = [&](const std::string& bytes, std::string_view media_type) {
    Descriptor blob{
        .media_type = MediaType::of(media_type), .digest = Digest::of(as_bytes(bytes)), .size = bytes.size()};
    const auto open = [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(bytes); };
    EXPECT_TRUE(store.put_blob(blob, open, never));
    return blob;
  };
  Manifest manifest{.media_type = MediaType::of(media_types::oci_manifest),
                    .config = put("{}", media_types::oci_empty),
                    .layers = {put(content, "text/plain")},
                    .artifact_type = type,
                    .subject = subject,
                    .annotations = {{"content", content}}};
  auto bytes = manifest.serialize();
  return {{manifest.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
}

class Referrers {
 public:
  Referrers(ContentStore& store, const std::string& tag)
      : store_(store), lister_(dynamic_cast<ListsReferrers*>(&store)) {
    const auto image = put_artifact(store, "the subject", MediaType::of("application/vnd.example.image"), {});
    EXPECT_TRUE(store.set_tag(tag, image, never));
    subject_ = image.descriptor;
  }

  [[nodiscard]] const Descriptor& subject() const { return subject_; }
  RawManifest attach(const std::string& content, const MediaType& type) {
    auto artifact = put_artifact(store_, content, type, subject_);
    const auto put = store_.put_manifest(artifact, never);
    EXPECT_TRUE(put) << put.error().message();
    return artifact;
  }
  [[nodiscard]] std::vector<Descriptor> list(const std::optional<MediaType>& type = {}) const {
    return list_of(subject_.digest, type);
  }
  [[nodiscard]] std::vector<Descriptor> list_of(const Digest& digest, const std::optional<MediaType>& type = {}) const {
    if (lister_ == nullptr) {
      ADD_FAILURE() << store_.describe() << " lists no referrers";
      return {};
    }
    auto found = lister_->list_referrers(digest, type, never);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *std::move(found) : std::vector<Descriptor>();
  }
  [[nodiscard]] std::vector<Digest> digests(const std::optional<MediaType>& type = {}) const {
    std::vector<Digest> all;
    for (const auto& entry : list(type)) all.push_back(entry.digest);
    return all;
  }

 private:
  ContentStore& store_;
  ListsReferrers* lister_;
  Descriptor subject_{MediaType::of(media_types::oci_manifest), Digest::of({})};
};

}  // namespace

TEST_P(ContentStoreContract, ManifestWithoutReferrersHasNone) {
  Referrers referrers(store(), tag());
  EXPECT_THAT(referrers.list(), IsEmpty());
  EXPECT_THAT(referrers.list_of(Digest::of(as_bytes("nowhere"))), IsEmpty());
}

TEST_P(ContentStoreContract, ReferrersAreListedWithTypeAndAnnotations) {
  Referrers referrers(store(), tag());
  const auto first = referrers.attach("one", sbom);
  const auto second = referrers.attach("two", signature);
  EXPECT_THAT(referrers.digests(), UnorderedElementsAre(first.descriptor.digest, second.descriptor.digest));
  const auto found = referrers.list(sbom);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].digest, first.descriptor.digest);
  EXPECT_EQ(found[0].size, first.bytes.size());
  EXPECT_EQ(found[0].media_type, media_types::oci_manifest);
  EXPECT_EQ(found[0].artifact_type, sbom);
  EXPECT_EQ(found[0].annotations.at("content"), "one");
  EXPECT_THAT(referrers.digests(MediaType::of("application/vnd.example.other")), IsEmpty());
}

TEST_P(ContentStoreContract, ReferrerOfAReferrerIsListedAtItsOwnSubject) {
  Referrers referrers(store(), tag());
  const auto list = referrers.attach("sbom", sbom);
  const auto signed_list = put_artifact(store(), "its signature", signature, list.descriptor);
  ASSERT_TRUE(place_->holds_one_image() ? store().put_manifest(signed_list, never)
                                        : store().set_tag("signed", signed_list, never));
  EXPECT_THAT(referrers.digests(), UnorderedElementsAre(list.descriptor.digest));
  const auto found = referrers.list_of(list.descriptor.digest);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].digest, signed_list.descriptor.digest);
}

TEST_P(ContentStoreContract, ReferrerThatIsPutTwiceIsListedOnce) {
  Referrers referrers(store(), tag());
  const auto artifact = referrers.attach("one", sbom);
  ASSERT_TRUE(store().put_manifest(artifact, never));
  if (!place_->holds_one_image()) {
    ASSERT_TRUE(store().set_tag("a-name-too", artifact, never));
  }
  EXPECT_THAT(referrers.digests(), UnorderedElementsAre(artifact.descriptor.digest));
}

TEST_P(ContentStoreContract, RemovedReferrerIsNoLongerListed) {
  if (!place_->removes_manifests()) GTEST_SKIP() << "the place cannot remove manifests";
  Referrers referrers(store(), tag());
  const auto first = referrers.attach("one", sbom);
  const auto second = referrers.attach("two", sbom);
  ASSERT_TRUE(store().remove_manifest(first.descriptor.digest, never));
  EXPECT_THAT(referrers.digests(), UnorderedElementsAre(second.descriptor.digest));
  ASSERT_TRUE(store().remove_manifest(second.descriptor.digest, never));
  EXPECT_THAT(referrers.digests(), IsEmpty());
  EXPECT_TRUE(store().has_manifest(referrers.subject().digest, never).value());
  EXPECT_THAT(store().list_tags(never).value(), UnorderedElementsAre(tag()));
}

TEST_P(ContentStoreContract, ReferrersFromManyThreadsAreAllListed) {
  Referrers referrers(store(), tag());
  // Their blobs first: one that is put again while a manifest names it is not there for a moment on Debian's registry,
  // which truncates the link to it before it writes it anew.
  std::vector<RawManifest> artifacts;
  for (int i = 0; i < 8; ++i) {
    artifacts.push_back(put_artifact(store(), "artifact " + std::to_string(i), sbom, referrers.subject()));
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& artifact : artifacts) {
      threads.emplace_back([&] {
        const auto put = store().put_manifest(artifact, never);
        EXPECT_TRUE(put) << put.error().message();
      });
    }
  }
  EXPECT_EQ(referrers.digests().size(), 8U);
}

}  // namespace dray::testing
