#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>

#include "client_fixture.hpp"
#include "support/schema1.hpp"

namespace dray::client {
namespace manifest_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string oci = std::string(media_types::oci_manifest);
const std::string empty_config =
    R"("config":{"mediaType":"application/vnd.oci.empty.v1+json",)"
    R"("digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",)"
    R"("size":2})";
const std::string bytes = R"({"schemaVersion":2,"mediaType":")" + oci + "\"," + empty_config + R"(,"layers":[]})";
const Digest digest = Digest::of(as_bytes(bytes));
const std::string by_tag = "https://r.example/v2/app/manifests/1";
const std::string by_digest = "https://r.example/v2/app/manifests/" + digest.text();

std::vector<std::pair<std::string, std::string>> good_head() {
  return {{"Content-Type", oci},
          {"Docker-Content-Digest", digest.text()},
          {"Content-Length", std::to_string(bytes.size())}};
}
Reply good() { return {200, good_head(), bytes}; }

TEST(Resolve, AsksByHeadForEveryKind) {
  ClientUnderTest t;
  t.wire->on("HEAD " + by_tag, good());
  const auto descriptor = t.repository()->resolve("1", {});
  ASSERT_TRUE(descriptor.has_value()) << descriptor.error().message();
  EXPECT_EQ(descriptor->digest, digest);
  EXPECT_EQ(descriptor->size, bytes.size());
  EXPECT_EQ(descriptor->media_type, oci);
  EXPECT_EQ(t.wire->last("HEAD " + by_tag).header("Accept"),
            "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
            "application/vnd.docker.distribution.manifest.list.v2+json, "
            "application/vnd.docker.distribution.manifest.v2+json, "
            "application/vnd.docker.distribution.manifest.v1+prettyjws, "
            "application/vnd.docker.distribution.manifest.v1+json, application/vnd.oci.artifact.manifest.v1+json");
}

struct HeadCase {
  const char* name;
  Reply head;
};
class PoorHead : public ::testing::TestWithParam<HeadCase> {};
TEST_P(PoorHead, IsMadeGoodByGet) {
  ClientUnderTest t;
  t.wire->on("HEAD " + by_tag, GetParam().head).on("GET " + by_tag, good());
  const auto descriptor = t.repository()->resolve("1", {});
  ASSERT_TRUE(descriptor.has_value()) << descriptor.error().message();
  EXPECT_EQ(descriptor->digest, digest);
}
const HeadCase poor_heads[] = {
    {"NoDigest", {200, {{"Content-Type", oci}, {"Content-Length", "5"}}}},
    {"BadDigest", {200, {{"Content-Type", oci}, {"Content-Length", "5"}, {"Docker-Content-Digest", "sha256:x"}}}},
    {"NoLength", {200, {{"Content-Type", oci}, {"Docker-Content-Digest", digest.text()}}}},
    {"NoType", {200, {{"Content-Length", "5"}, {"Docker-Content-Digest", digest.text()}}}},
    {"PlainText",
     {200, {{"Content-Type", "text/plain"}, {"Content-Length", "5"}, {"Docker-Content-Digest", digest.text()}}}},
    {"HeadUnknown", {405}},
};
INSTANTIATE_TEST_SUITE_P(Table, PoorHead, ::testing::ValuesIn(poor_heads),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Resolve, HugeManifestIsRefusedUnread) {
  ClientUnderTest t;
  t.wire->on("HEAD " + by_tag,
             {200, {{"Content-Type", oci}, {"Docker-Content-Digest", digest.text()}, {"Content-Length", "5242880"}}});
  const auto descriptor = t.repository()->resolve("1", {});
  ASSERT_FALSE(descriptor.has_value());
  EXPECT_EQ(descriptor.error().code(), ErrorCode::limit_exceeded);
}

TEST(GetManifest, KeepsTheBytes) {
  ClientUnderTest t;
  t.wire->on("GET " + by_tag, good());
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message();
  EXPECT_EQ(manifest->bytes, bytes);
  EXPECT_EQ(manifest->descriptor.digest, digest);
  EXPECT_EQ(manifest->descriptor.media_type, oci);
  EXPECT_THAT(t.observer->notes(), IsEmpty());
}

// C-21
TEST(GetManifest, OtherBytesBehindADigestAreRefusedWhateverTheHeaderSays) {
  ClientUnderTest t;
  auto reply = good();
  reply.body = bytes + " ";
  t.wire->on("GET " + by_digest, reply);
  const auto manifest = t.repository()->get_manifest(digest, {});
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().code(), ErrorCode::digest_mismatch);
}

TEST(GetManifest, Sha512IsVerifiedToo) {
  Digester digester(DigestAlgorithm::sha512);
  digester.update(as_bytes(bytes));
  const auto sha512 = digester.finish();
  ClientUnderTest t;
  t.wire->on("GET https://r.example/v2/app/manifests/" + sha512.text(), good());
  const auto manifest = t.repository()->get_manifest(sha512, {});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message();
  EXPECT_EQ(manifest->descriptor.digest, sha512);
}

TEST(GetManifest, WrongHeaderBesideATagIsToldAndTheBytesCount) {
  ClientUnderTest t;
  auto reply = good();
  reply.headers[1].second = Digest::of(as_bytes("other")).text();
  t.wire->on("GET " + by_tag, reply);
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message();
  EXPECT_EQ(manifest->descriptor.digest, digest);
  EXPECT_THAT(t.observer->notes(), ElementsAre(HasSubstr("the bytes count")));
}

// C-20
TEST(GetManifest, TypeUnlikeTheHeaderIsRefused) {
  ClientUnderTest t;
  auto reply = good();
  reply.headers[0].second = std::string(media_types::oci_index);
  t.wire->on("GET " + by_tag, reply);
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().code(), ErrorCode::invalid_input);
}

TEST(GetManifest, TypeThatSaysNothingIsNoConflict) {
  for (const auto* const type :
       {"text/plain; charset=utf-8", "application/json", "application/octet-stream", "nonsense"}) {
    ClientUnderTest t;
    auto reply = good();
    reply.headers[0].second = type;
    t.wire->on("GET " + by_tag, reply);
    const auto manifest = t.repository()->get_manifest("1", {});
    ASSERT_TRUE(manifest.has_value()) << manifest.error().message();
    EXPECT_EQ(manifest->descriptor.media_type, oci);
  }
}

TEST(GetManifest, ParametersOfTheTypeDoNotMatter) {
  ClientUnderTest t;
  auto reply = good();
  reply.headers[0].second = oci + "; charset=utf-8";
  t.wire->on("GET " + by_tag, reply);
  EXPECT_TRUE(t.repository()->get_manifest("1", {}).has_value());
}

// C-27
TEST(GetManifest, EncodedAnswerIsRefused) {
  ClientUnderTest t;
  auto reply = good();
  reply.headers.emplace_back("Content-Encoding", "gzip");
  t.wire->on("GET " + by_tag, reply);
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().code(), ErrorCode::protocol);
}

// C-31
TEST(GetManifest, HugeOneIsRefused) {
  ClientUnderTest t;
  t.wire->on("GET " + by_tag, {200, {{"Content-Type", oci}}, std::string(limits::max_manifest_bytes + 1, ' ')});
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_FALSE(manifest.has_value());
  EXPECT_EQ(manifest.error().code(), ErrorCode::limit_exceeded);
}

TEST(GetManifest, DigestOfSchema1IsThatOfWhatItSigned) {
  const auto made = testing::make_schema1("app", "1", "amd64", {Digest::of(as_bytes("layer")).text()});
  const auto wanted = Digest::parse(made.digest).value();
  ClientUnderTest t;
  const std::string type(media_types::docker_schema1_signed);
  t.wire->on("GET " + by_tag, {200, {{"Content-Type", type}, {"Docker-Content-Digest", made.digest}}, made.bytes});
  const auto manifest = t.repository()->get_manifest("1", {});
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message();
  EXPECT_EQ(manifest->descriptor.digest, wanted);
  EXPECT_TRUE(manifest->descriptor.media_type.is_schema1());
}

TEST(Manifest, TagsThatAreNoneAreNotPutIntoAUrl) {
  ClientUnderTest t;
  const auto repository = t.repository();
  for (const auto* const tag : {"", "a/b", "..", "a?b", "a b"}) {
    EXPECT_EQ(repository->resolve(tag, {}).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(repository->get_manifest(tag, {}).error().code(), ErrorCode::invalid_input);
    EXPECT_EQ(repository->remove_tag(tag, {}).error().code(), ErrorCode::invalid_input);
  }
  EXPECT_THAT(t.wire->lines(), IsEmpty());
}

RawManifest raw() { return {{MediaType::of(media_types::oci_manifest), digest, bytes.size()}, bytes}; }

TEST(PutManifest, SendsTheBytesUnderTheirType) {
  for (const int status : {200, 201, 202}) {
    ClientUnderTest t;
    t.wire->on("PUT " + by_digest, {status, {{"Docker-Content-Digest", digest.text()}}});
    EXPECT_TRUE(t.repository()->put_manifest(raw(), {}).has_value());
    const auto sent = t.wire->last("PUT " + by_digest);
    EXPECT_EQ(sent.body, bytes);
    EXPECT_EQ(sent.header("Content-Type"), oci);
  }
}

TEST(PutManifest, OtherStoredDigestIsAnError) {
  ClientUnderTest t;
  t.wire->on("PUT " + by_tag, {201, {{"Docker-Content-Digest", Digest::of(as_bytes("x")).text()}}});
  const auto put = t.repository()->set_tag("1", raw(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch);
}

TEST(PutManifest, BytesUnlikeTheirDescriptorAreNotSent) {
  ClientUnderTest t;
  auto manifest = raw();
  manifest.bytes[0] = ' ';
  EXPECT_FALSE(t.repository()->put_manifest(manifest, {}).has_value());
  EXPECT_THAT(t.wire->lines(), IsEmpty());
}

TEST(PutManifest, RefusalCarriesTheRegistrysWords) {
  ClientUnderTest t;
  t.wire->on("PUT " + by_tag, {400, {}, R"({"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]})"});
  const auto put = t.repository()->set_tag("1", raw(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_THAT(put.error().message(), HasSubstr("MANIFEST_BLOB_UNKNOWN"));
}

TEST(HasManifest, IsAskedByHead) {
  ClientUnderTest t;
  t.wire->on("HEAD " + by_digest, good()).on("HEAD " + by_digest, {404});
  EXPECT_TRUE(t.repository()->has_manifest(digest, {}).value());
  EXPECT_FALSE(t.repository()->has_manifest(digest, {}).value());
}

TEST(RemoveTag, AcceptsDone) {
  ClientUnderTest t;
  t.wire->on("DELETE " + by_tag, {202});
  EXPECT_TRUE(t.repository()->remove_tag("1", {}).has_value());
}

TEST(RemoveTag, RefusalIsUnsupportedAndSaysWhatElseThereIs) {
  for (const auto& reply : {Reply{405}, Reply{400, {}, R"({"errors":[{"code":"UNSUPPORTED"}]})"}}) {
    ClientUnderTest t;
    t.wire->on("DELETE " + by_tag, reply);
    const auto removed = t.repository()->remove_tag("1", {});
    ASSERT_FALSE(removed.has_value());
    EXPECT_EQ(removed.error().code(), ErrorCode::unsupported);
    EXPECT_THAT(removed.error().message(), HasSubstr("by its digest"));
  }
}

TEST(RemoveTag, AbsentIsNotFound) {
  ClientUnderTest t;
  t.wire->on("DELETE " + by_tag, {404});
  const auto removed = t.repository()->remove_tag("1", {});
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().code(), ErrorCode::not_found);
}

}  // namespace
}  // namespace manifest_test
}  // namespace dray::client
