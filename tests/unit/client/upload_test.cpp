#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client_fixture.hpp"

namespace dray::client {
namespace upload_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string bytes = "0123456789";
const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("0123456789")), 10};
const std::string digest_query = "digest=sha256%3A" + std::string(blob.digest.hex());
const std::string post = "POST https://r.example/v2/app/blobs/uploads/";
const std::string session = "https://r.example/v2/app/blobs/uploads/1";

BlobOpener opener(std::string text = bytes) {
  return [text]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(text); };
}
Reply begun(const std::string& location = "/v2/app/blobs/uploads/1") { return {202, {{"Location", location}}}; }

struct LocationCase {
  const char* name;
  const char* location;
  std::string put;
};
class UploadLocation : public ::testing::TestWithParam<LocationCase> {};
TEST_P(UploadLocation, GetsTheDigest) {
  ClientUnderTest t;
  t.wire->on(post, begun(GetParam().location)).on("PUT " + GetParam().put, {201});
  const auto put = t.repository()->put_blob(blob, opener(), {});
  ASSERT_TRUE(put.has_value()) << put.error().message();
  const auto sent = t.wire->last("PUT " + GetParam().put);
  EXPECT_EQ(sent.body, bytes);
  EXPECT_EQ(sent.header("Content-Type"), "application/octet-stream");
}
const LocationCase location_cases[] = {
    {"Absolute", "https://r.example/v2/app/blobs/uploads/1", session + "?" + digest_query},
    {"Rooted", "/v2/app/blobs/uploads/1", session + "?" + digest_query},
    {"Relative", "1", session + "?" + digest_query},
    {"WithQuery", "/v2/app/blobs/uploads/1?_state=a%2Bb", session + "?_state=a%2Bb&" + digest_query},
};
INSTANTIATE_TEST_SUITE_P(Table, UploadLocation, ::testing::ValuesIn(location_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PutBlob, AnswersThatMeanDoneAreTaken) {
  for (const int status : {201, 202, 204}) {
    ClientUnderTest t;
    t.wire->on(post, begun()).on("PUT " + session + "?" + digest_query, {status});
    EXPECT_TRUE(t.repository()->put_blob(blob, opener(), {}).has_value());
  }
}

// C-6
TEST(PutBlob, LocationElsewhereGetsNoCredential) {
  ClientUnderTest t({.credential = bob});
  const std::string put = "PUT https://store.example/u?sig=1&" + digest_query;
  t.wire->on(post, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}).on(post, begun("https://store.example/u?sig=1"));
  t.wire->on(put, {201});
  ASSERT_TRUE(t.repository()->put_blob(blob, opener(), {}).has_value());
  EXPECT_EQ(t.wire->last(post).header("Authorization"), bobs_basic);
  EXPECT_EQ(t.wire->last(put).header("Authorization"), "");
  EXPECT_EQ(t.wire->last(put).addresses, http::AddressRule::public_only);
}

// C-6
TEST(PutBlob, LocationInPlainHttpIsRefused) {
  ClientUnderTest t;
  t.wire->on(post, begun("http://r.example/v2/app/blobs/uploads/1"));
  const auto put = t.repository()->put_blob(blob, opener(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::denied);
  EXPECT_THAT(t.wire->lines(), ElementsAre(post));
}

TEST(PutBlob, MissingLocationIsAProtocolError) {
  ClientUnderTest t;
  t.wire->on(post, {202});
  const auto put = t.repository()->put_blob(blob, opener(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::protocol);
}

TEST(PutBlob, WrongBytesAreNotStoredAndTheSessionIsCancelled) {
  ClientUnderTest t;
  t.wire->on(post, begun()).on("DELETE " + session, {204});
  const auto put = t.repository()->put_blob(blob, opener("012345678x"), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch);
  EXPECT_THAT(t.wire->lines(), ElementsAre(post, "DELETE " + session));
}

TEST(PutBlob, ErrorsOfTheOpenerComeBackAsTheyAre) {
  ClientUnderTest t;
  t.wire->on(post, begun()).on("DELETE " + session, {204});
  const auto put = t.repository()->put_blob(
      blob, []() -> Result<std::unique_ptr<ByteSource>> { return Error(ErrorCode::io, "disk"); }, {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::io);
}

TEST(PutBlob, BrokenSourceIsNotTriedAgain) {
  ClientUnderTest t;
  t.wire->on(post, begun()).on("DELETE " + session, {204});
  int opened = 0;
  const auto put = t.repository()->put_blob(blob,
                                            [&]() -> Result<std::unique_ptr<ByteSource>> {
                                              ++opened;
                                              return Error(ErrorCode::unavailable, "cut");
                                            },
                                            {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(put.error().message(), "cut");
  EXPECT_EQ(opened, 1);
}

TEST(PutBlob, BytesOfAnEmptyBlobAreLookedAt) {
  ClientUnderTest t;
  auto empty = blob;
  empty.size = 0;
  t.wire->on(post, begun()).on("DELETE " + session, {204});
  const auto put = t.repository()->put_blob(empty, opener(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch);
}

TEST(PutBlob, ForgottenSessionBeginsAnew) {
  ClientUnderTest t;
  const std::string second = "https://r.example/v2/app/blobs/uploads/2";
  t.wire->on(post, begun()).on(post, begun("/v2/app/blobs/uploads/2"));
  t.wire->on("PUT " + session + "?" + digest_query, {416}).on("DELETE " + session, {404});
  t.wire->on("PUT " + second + "?" + digest_query, {201});
  EXPECT_TRUE(t.repository()->put_blob(blob, opener(), {}).has_value());
}

TEST(PutBlob, BeginsAnewOnlyOnce) {
  ClientUnderTest t;
  t.wire->on(post, begun()).on("PUT " + session + "?" + digest_query, {409}).on("DELETE " + session, {204});
  EXPECT_FALSE(t.repository()->put_blob(blob, opener(), {}).has_value());
  EXPECT_EQ(t.wire->count(post), 2U);
  EXPECT_EQ(t.wire->count("DELETE " + session), 2U);
}

struct FallbackCase {
  const char* name;
  Reply reply;
};
class MonolithicRefused : public ::testing::TestWithParam<FallbackCase> {};
TEST_P(MonolithicRefused, IsStreamed) {
  ClientUnderTest t;
  const std::string second = "https://r.example/v2/app/blobs/uploads/2";
  t.wire->on(post, begun()).on(post, begun("/v2/app/blobs/uploads/2"));
  t.wire->on("PUT " + session + "?" + digest_query, GetParam().reply).on("DELETE " + session, {204});
  t.wire->on("PATCH " + second, {202, {{"Location", "/v2/app/blobs/uploads/2?step=1"}}});
  t.wire->on("PUT " + second + "?step=1&" + digest_query, {201});
  ASSERT_TRUE(t.repository()->put_blob(blob, opener(), {}).has_value());
  EXPECT_EQ(t.wire->last("PATCH " + second).body, bytes);
  EXPECT_EQ(t.wire->last("PATCH " + second).header("Content-Range"), "");
  EXPECT_EQ(t.wire->last("PUT " + second + "?step=1&" + digest_query).body, "");
}
const FallbackCase fallback_cases[] = {{"NotFound", {404}},
                                       {"MethodNotAllowed", {405}},
                                       {"Unsupported", {400, {}, R"({"errors":[{"code":"UNSUPPORTED"}]})"}}};
INSTANTIATE_TEST_SUITE_P(Table, MonolithicRefused, ::testing::ValuesIn(fallback_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PutBlob, OtherStoredDigestIsAnError) {
  ClientUnderTest t;
  t.wire->on(post, begun());
  t.wire->on("PUT " + session + "?" + digest_query,
             {201, {{"Docker-Content-Digest", Digest::of(as_bytes("x")).text()}}});
  const auto put = t.repository()->put_blob(blob, opener(), {});
  ASSERT_FALSE(put.has_value());
  EXPECT_EQ(put.error().code(), ErrorCode::digest_mismatch);
}

TEST(PutBlob, TokenThatWouldExpireUnderTheBodyIsRenewedBefore) {
  ClientUnderTest t;
  const std::string token = "GET https://auth.example/token?service=r.example&scope=repository%3Aapp%3Apull%2Cpush";
  t.wire->on(post, bearer_challenge()).on(post, begun()).on("PUT " + session + "?" + digest_query, {201});
  t.wire->on(token, token_reply("t1", 60)).on(token, token_reply("t2", 60));
  const auto repository = t.repository();
  ASSERT_TRUE(repository->put_blob(blob, opener(), {}).has_value());
  t.clock.advance(std::chrono::seconds(30));
  ASSERT_TRUE(repository->put_blob(blob, opener(), {}).has_value());
  EXPECT_EQ(t.wire->last(post).header("Authorization"), "Bearer t1");
  EXPECT_EQ(t.wire->last("PUT " + session + "?" + digest_query).header("Authorization"), "Bearer t2");
}

const std::string mount = post + "?mount=sha256%3A" + std::string(blob.digest.hex()) + "&from=base";

TEST(MountBlob, CreatedIsMounted) {
  ClientUnderTest t;
  t.wire->on(mount, {201});
  EXPECT_TRUE(t.repository()->mount_blob(blob, {"r.example", "base"}, {}).value());
}

TEST(MountBlob, SessionInsteadIsCancelled) {
  ClientUnderTest t;
  t.wire->on(mount, begun()).on("DELETE " + session, {204});
  EXPECT_FALSE(t.repository()->mount_blob(blob, {"r.example", "base"}, {}).value());
  EXPECT_EQ(t.wire->count("DELETE " + session), 1U);
}

TEST(MountBlob, RefusalMeansThatTheBytesAreSent) {
  for (const int status : {400, 404, 405}) {
    ClientUnderTest t;
    t.wire->on(mount, {status});
    EXPECT_FALSE(t.repository()->mount_blob(blob, {"r.example", "base"}, {}).value());
    EXPECT_THAT(t.observer->notes(), ElementsAre(HasSubstr("bytes are sent instead")));
  }
}

TEST(MountBlob, NeverAcrossRegistries) {
  ClientUnderTest t;
  EXPECT_FALSE(t.repository()->mount_blob(blob, {"other.example", "base"}, {}).value());
  EXPECT_TRUE(t.wire->lines().empty());
}

}  // namespace
}  // namespace upload_test
}  // namespace dray::client
