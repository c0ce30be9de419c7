#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dray/http/response.hpp>

#include "client_fixture.hpp"

namespace dray::client {
namespace redirect_test {
namespace {

using ::testing::HasSubstr;

const std::string bytes = "0123456789";
const Descriptor blob{MediaType::of(media_types::oci_layer), Digest::of(as_bytes("0123456789")), 10};
const std::string blob_line = "GET https://r.example/v2/app/blobs/" + blob.digest.text();
const std::string cdn_line = "GET https://cdn.example/b?sig=1";

/// The registry that is asked who it is, because its first answer was somebody else's.
const std::string ping_line = "GET https://r.example/v2/";

Reply to_cdn() { return {307, {{"Location", "https://cdn.example/b?sig=1"}}}; }

Result<std::string> read(Result<OpenedBlob> opened) {
  if (!opened) return std::move(opened).error();
  return read_all(*opened->bytes, 1000);
}

// C-4
TEST(Redirect, AnotherHostNeverSeesTheToken) {
  ClientUnderTest t;
  t.wire->on(blob_line, bearer_challenge()).on(blob_line, to_cdn()).on(pull_token_line, token_reply("t1"));
  t.wire->on(cdn_line, {401, {{"WWW-Authenticate", "Bearer realm=\"https://evil.example/token\",service=\"x\""}}});
  const auto opened = t.repository()->open_blob(blob, {}, {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(opened.error().message(), HasSubstr("https://cdn.example"));
  EXPECT_EQ(t.wire->last(cdn_line).header("Authorization"), "");
  EXPECT_EQ(t.wire->count(cdn_line), 1U);
}

// C-4, for manifests and with Basic
TEST(Redirect, AnotherHostNeverSeesThePassword) {
  ClientUnderTest t({.credential = bob});
  const std::string line = "GET https://r.example/v2/app/manifests/1";
  t.wire->on(line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  t.wire->on(line, {307, {{"Location", "https://cdn.example/b?sig=1"}}});
  t.wire->on(cdn_line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  EXPECT_FALSE(t.repository()->get_manifest("1", {}).has_value());
  EXPECT_EQ(t.wire->last(cdn_line).header("Authorization"), "");
  EXPECT_EQ(t.wire->count(cdn_line), 1U);
}

TEST(Redirect, WayBackToTheRegistryCarriesNoPassword) {
  ClientUnderTest t({.credential = bob});
  const std::string back = "GET https://r.example/v2/other";
  t.wire->on(blob_line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}).on(blob_line, to_cdn());
  t.wire->on(cdn_line, {307, {{"Location", "https://r.example/v2/other"}}}).on(back, {200, {}, bytes});
  EXPECT_TRUE(t.repository()->open_blob(blob, {}, {}).has_value());
  EXPECT_EQ(t.wire->last(back).header("Authorization"), "");
}

// C-9
TEST(Redirect, AnotherHostNeverSeesCustomHeaders) {
  ClientUnderTest t;
  ApiCall call;
  call.path = "/v2/app/blobs/" + blob.digest.text();
  call.headers.add("X-Custom", "secret");
  call.everywhere.add("Accept", "*/*");
  t.wire->on(blob_line, to_cdn()).on(cdn_line, {200, {}, bytes});
  ASSERT_TRUE(t.client->send(t.registry, call, {}).has_value());
  EXPECT_EQ(t.wire->last(blob_line).header("X-Custom"), "secret");
  EXPECT_EQ(t.wire->last(cdn_line).header("X-Custom"), "");
  EXPECT_EQ(t.wire->last(cdn_line).header("Accept"), "*/*");
}

TEST(Redirect, LinkOfABlobIsUsedAgainForItsRanges) {
  ClientUnderTest t;
  t.wire->on(ping_line, {200});
  t.wire->on(blob_line, to_cdn()).on(cdn_line, {206, {{"Content-Range", "bytes 0-4/10"}}, "01234"});
  t.wire->on(cdn_line, {206, {{"Content-Range", "bytes 5-9/10"}}, "56789"});
  const auto repository = t.repository();
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{0, 5}, {})).value(), "01234");
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{5, 10}, {})).value(), "56789");
  EXPECT_EQ(t.wire->count(blob_line), 1U);
  EXPECT_EQ(t.wire->last(cdn_line).header("Range"), "bytes=5-9");
  EXPECT_EQ(t.wire->last(cdn_line).addresses, http::AddressRule::public_only);
}

// C-4 and C-9, where a blob goes on at the place that its first range was redirected to
TEST(Redirect, RememberedLinkCarriesNoSecretEither) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(ping_line, {200});
  t.wire->on(blob_line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}).on(blob_line, to_cdn());
  t.wire->on(cdn_line, {206, {{"Content-Range", "bytes 0-4/10"}}, "01234"});
  t.wire->on(cdn_line, {503}).on(cdn_line, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}});
  t.wire->on(cdn_line, {206, {{"Content-Range", "bytes 5-9/10"}}, "56789"});
  const auto repository = t.repository();
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{0, 5}, {})).value(), "01234");
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{5, 10}, {})).value(), "56789");
  EXPECT_EQ(t.wire->count(cdn_line), 4U);  // once, again after 503, refused, once more through the registry
  EXPECT_EQ(t.wire->last(blob_line).header("Authorization"), bobs_basic);
  for (const auto& sent : t.wire->sent()) {
    if (sent.line == blob_line) continue;
    EXPECT_EQ(sent.header("Authorization"), "") << sent.line;
  }
}

// C-4
TEST(Redirect, LinkOfABlobIsNotRememberedIntoPlainHttp) {
  ClientUnderTest t({.credential = bob});
  t.wire->on(blob_line, {307, {{"Location", "http://cdn.example/b?sig=1"}}});
  for (int i = 0; i < 2; ++i) {
    const auto opened = t.repository()->open_blob(blob, {}, {});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::denied);
  }
  EXPECT_EQ(t.wire->sent().size(), t.wire->count(blob_line));
}

class StaleLink : public ::testing::TestWithParam<int> {};

TEST_P(StaleLink, IsAskedForAnewThroughTheRegistry) {
  ClientUnderTest t;
  const std::string second = "GET https://cdn.example/b?sig=2";
  t.wire->on(ping_line, {200});
  t.wire->on(blob_line, to_cdn()).on(blob_line, {307, {{"Location", "https://cdn.example/b?sig=2"}}});
  t.wire->on(cdn_line, {200, {}, bytes}).on(cdn_line, {GetParam()});
  t.wire->on(second, {206, {{"Content-Range", "bytes 5-9/10"}}, "56789"});
  const auto repository = t.repository();
  EXPECT_EQ(read(repository->open_blob(blob, {}, {})).value(), bytes);
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{5, 10}, {})).value(), "56789");
  EXPECT_EQ(t.wire->count(cdn_line), 2U);
  EXPECT_EQ(t.wire->count(second), 1U);
}
INSTANTIATE_TEST_SUITE_P(Statuses, StaleLink, ::testing::Values(400, 401, 403, 404, 410));

TEST(Redirect, LinkThatHasExpiredByItsOwnWordsIsNotTried) {
  ClientUnderTest t;
  const std::string cdn = "GET https://cdn.example/b?Expires=1552609881";  // 100 s after the clock's beginning
  t.wire->on(ping_line, {200});
  t.wire->on(blob_line, {307, {{"Location", "https://cdn.example/b?Expires=1552609881"}}}).on(cdn, {200, {}, bytes});
  const auto repository = t.repository();
  ASSERT_TRUE(repository->open_blob(blob, {}, {}).has_value());
  ASSERT_TRUE(repository->open_blob(blob, {}, {}).has_value());
  EXPECT_EQ(t.wire->count(blob_line), 1U);
  t.clock.advance(std::chrono::seconds(96));
  ASSERT_TRUE(repository->open_blob(blob, {}, {}).has_value());
  EXPECT_EQ(t.wire->count(blob_line), 2U);
}

// C-1
TEST(ForeignLayer, IsAskedForWithoutAnySecret) {
  ClientUnderTest t({.credential = bob});
  const std::string tags = "GET https://r.example/v2/app/tags/list";
  const std::string foreign = "GET https://foreign.example/layer";
  t.wire->on(tags, {401, {{"WWW-Authenticate", "Basic realm=\"r\""}}}).on(tags, {200, {}, R"({"tags":[]})"});
  t.wire->on(foreign, {200, {}, bytes});
  const auto repository = t.repository();
  ASSERT_TRUE(repository->list_tags({}).has_value());
  EXPECT_EQ(read(repository->open_url(blob, "https://foreign.example/layer", {}, {})).value(), bytes);
  const auto sent = t.wire->last(foreign);
  EXPECT_EQ(sent.header("Authorization"), "");
  EXPECT_EQ(sent.header("Cookie"), "");
  EXPECT_EQ(sent.addresses, http::AddressRule::public_only);
}

// C-1
TEST(ForeignLayer, HostThatAsksForACredentialGetsNone) {
  for (const auto* const challenge :
       {"Basic realm=\"x\"", "Bearer realm=\"https://evil.example/t\",service=\"r.example\""}) {
    ClientUnderTest t({.credential = bob});
    const std::string foreign = "GET https://foreign.example/layer";
    t.wire->on("GET https://r.example/v2/", {200});
    t.wire->on(foreign, {401, {{"WWW-Authenticate", challenge}}});
    const auto opened = t.repository()->open_url(blob, "https://foreign.example/layer", {}, {});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::unauthorized);
    EXPECT_EQ(t.wire->count(foreign), 1U);
  }
}

struct SchemeCase {
  const char* name;
  const char* url;
};
class ForeignScheme : public ::testing::TestWithParam<SchemeCase> {};
TEST_P(ForeignScheme, IsRefused) {
  ClientUnderTest t;
  const auto opened = t.repository()->open_url(blob, GetParam().url, {}, {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::denied);
  EXPECT_TRUE(t.wire->lines().empty());
}
const SchemeCase scheme_cases[] = {{"File", "file:///etc/passwd"},
                                   {"Ftp", "ftp://foreign.example/x"},
                                   {"UserInfo", "https://a:b@foreign.example/x"},
                                   {"Relative", "/v2/x"},
                                   {"Empty", ""}};
INSTANTIATE_TEST_SUITE_P(Table, ForeignScheme, ::testing::ValuesIn(scheme_cases),
                         [](const auto& row) { return std::string(row.param.name); });

// C-12
TEST(ForeignLayer, SecureRegistryDoesNotLeadToPlainHttp) {
  for (const bool allow_private : {false, true}) {
    ClientUnderTest t({.allow_private = allow_private});
    t.wire->on("GET https://r.example/v2/", {200}).on("GET http://foreign.example/layer", {200, {}, bytes});
    const auto opened = t.repository()->open_url(blob, "http://foreign.example/layer?sig=s3cret", {}, {});
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::denied);
    EXPECT_EQ(opened.error().message().find("s3cret"), std::string::npos);
    EXPECT_TRUE(t.wire->lines().empty());
  }
}

TEST(ForeignLayer, AddressOfTheRegistryThatLastAnsweredCannotWidenTheRule) {
  ClientUnderTest t;
  const std::string tags = "GET https://r.example/v2/app/tags/list";
  t.wire->on(tags, {200, {}, R"({"tags":[]})"});
  t.wire->on(tags, {.status = 200, .body = R"({"tags":[]})", .reached = http::AddressClass::loopback});
  t.wire->on("GET https://foreign.example/layer", {200, {}, bytes});
  const auto repository = t.repository();
  ASSERT_TRUE(repository->list_tags({}).has_value());
  ASSERT_TRUE(repository->list_tags({}).has_value());  // the name now stands for this very machine
  ASSERT_TRUE(repository->open_url(blob, "https://foreign.example/layer", {}, {}).has_value());
  EXPECT_EQ(t.wire->last("GET https://foreign.example/layer").addresses, http::AddressRule::public_only);
}

TEST(ForeignLayer, LoopbackRegistryMayLeadToLoopback) {
  ClientUnderTest t({.base = "http://127.0.0.1:5000/"});
  t.wire->on("GET http://127.0.0.1:5000/v2/", {.status = 200, .reached = http::AddressClass::loopback});
  t.wire->on("GET http://127.0.0.1:5001/layer", {200, {}, bytes});
  ASSERT_TRUE(t.repository()->open_url(blob, "http://127.0.0.1:5001/layer", {}, {}).has_value());
  EXPECT_EQ(t.wire->last("GET http://127.0.0.1:5001/layer").addresses, http::AddressRule::any);
}

TEST(ForeignLayer, AllowPrivateLiftsTheRule) {
  ClientUnderTest t({.allow_private = true});
  t.wire->on("GET https://10.0.0.1/layer", {200, {}, bytes});
  ASSERT_TRUE(t.repository()->open_url(blob, "https://10.0.0.1/layer", {}, {}).has_value());
  EXPECT_EQ(t.wire->last("GET https://10.0.0.1/layer").addresses, http::AddressRule::any);
}

}  // namespace
}  // namespace redirect_test
}  // namespace dray::client
