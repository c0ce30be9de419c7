#include <dray/store/verify.hpp>

#include "client_fixture.hpp"
#include "support/docker_registry.hpp"

// The client against the twin and against Debian's registry, over real sockets. Tests are named after the rows of the
// threat table (C-1 …) that they stand for; the unit tests hold the same rules in more cases.

namespace dray::testing {
namespace client_test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::stop_token never;
const client::Credential known{"user", "pass word", "test"};

Result<std::string> read(Result<OpenedBlob> opened) {
  if (!opened) return std::move(opened).error();
  return read_all(*opened->bytes, 64ULL << 20);
}

class ClientAndTwin : public ::testing::Test {
 protected:
  /// An image with one layer of `size` random bytes, in the repository `app`.
  const Blob& add_layer(std::uint64_t size = 100'000) {
    image_ = make_layered(1, size);
    twin().add("app", "1", image_);
    return image_.layers.at(0).blob;
  }
  McrTwin& twin() {
    if (!twin_) twin_ = std::make_unique<McrTwin>(options_);
    return *twin_;
  }
  std::shared_ptr<client::Repository> app(std::optional<client::Credential> credential = {}) {
    client_ = std::make_unique<RealClient>(std::move(credential));
    return client_->repository(twin().host_port() + "/app");
  }

  TwinOptions options_;
  std::unique_ptr<McrTwin> twin_;
  std::unique_ptr<RealClient> client_;
  Image image_;
};

TEST_F(ClientAndTwin, C1ForeignHostSeesNoSecret) {
  options_.auth.kind = AuthKind::basic;
  const auto& image = twin().servercore();
  client_ = std::make_unique<RealClient>(known);
  const auto repository = client_->repository(twin().host_port() + "/windows/servercore");
  ASSERT_TRUE(repository->resolve("ltsc2019-amd64", never).has_value());
  const auto& layer = image.layers.at(0);
  ASSERT_FALSE(layer.urls.empty());
  const auto bytes = read(repository->open_url(descriptor_of(layer.blob), layer.urls.back(), {}, never));
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
  EXPECT_EQ(*bytes, *layer.blob.bytes);
  EXPECT_GT(twin().foreign().request_count(), 0U);
  for (const auto* const header : {"Authorization", "Cookie"}) EXPECT_EQ(count_header(twin().foreign(), header), 0);
}

TEST_F(ClientAndTwin, C1ForeignHostThatAsksForACredentialGetsNone) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = twin().servercore().layers.at(0);
  const auto repository = app(known);
  ASSERT_FALSE(repository->resolve("1", never).has_value());
  for (const auto* const challenge : {"Basic realm=\"x\"", "Bearer realm=\"http://127.0.0.1:1/token\",service=\"x\""}) {
    twin().fault({.route = Route::foreign, .fault = faults::status(401, {{"WWW-Authenticate", challenge}})});
    const auto opened = repository->open_url(descriptor_of(layer.blob), layer.urls.back(), {}, never);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::unauthorized);
  }
  EXPECT_EQ(count_header(twin().foreign(), "Authorization"), 0);
}

TEST_F(ClientAndTwin, C2TokenServerOnAnotherPlainOriginSeesNoPassword) {
  options_.auth.kind = AuthKind::bearer;
  options_.auth.own_origin = true;
  const auto& layer = add_layer();
  EXPECT_EQ(read(app(known)->open_blob(descriptor_of(layer), {}, never)).value(), *layer.bytes);
  EXPECT_GT(twin().token_server().request_count(), 0U);
  EXPECT_EQ(count_header(twin().token_server(), "Authorization"), 0);
}

TEST_F(ClientAndTwin, C2RealmInAnUnknownSchemeIsRefused) {
  add_layer();
  twin().fault(
      {.route = Route::manifest,
       .fault = faults::status(401, {{"WWW-Authenticate", "Bearer realm=\"file:///etc/passwd\",service=\"x\""}})});
  const auto got = app(known)->resolve("1", never);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::denied);
}

TEST_F(ClientAndTwin, C3TokenRequestEndsBehindThreeRedirects) {
  options_.auth.kind = AuthKind::bearer;
  add_layer();
  const auto location = twin().origin() + "/token?again=";
  for (int i = 0; i < 5; ++i) {
    twin().fault({.route = Route::token, .fault = faults::redirect(location + std::to_string(i)), .skip = i});
  }
  const auto got = app()->resolve("1", never);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::limit_exceeded);
  EXPECT_EQ(twin().count(Route::token), 4);
}

TEST_F(ClientAndTwin, C4AnotherOriginNeverSeesTheToken) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = add_layer();
  const auto repository = app();
  twin().fault({.route = Route::cdn, .fault = faults::status(401, {{"WWW-Authenticate", "Basic realm=\"x\""}})});
  EXPECT_FALSE(repository->open_blob(descriptor_of(layer), {}, never).has_value());
  EXPECT_EQ(read(repository->open_blob(descriptor_of(layer), {}, never)).value(), *layer.bytes);
  EXPECT_GT(count_header(twin().registry(), "Authorization"), 0);
  EXPECT_GT(twin().content().request_count(), 1U);
  EXPECT_EQ(count_header(twin().content(), "Authorization"), 0);
}

TEST_F(ClientAndTwin, C6UploadLocationElsewhereSeesNoPassword) {
  options_.auth.kind = AuthKind::basic;
  const auto repository = app(known);
  HttpServer other([](const ServerRequest&, Responder& responder) { responder.send(201); });
  twin().fault({.route = Route::upload,
                .fault = faults::header("Location", other.origin() + "/upload?sig=1"),
                .skip = 1,  // the challenge
                .method = "POST"});
  const auto bytes = random_bytes(1000, 1);
  const auto blob = make_blob("application/octet-stream", bytes);
  const auto put = repository->put_blob(
      descriptor_of(blob),
      [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(bytes); }, never);
  ASSERT_TRUE(put.has_value()) << put.error().message();
  ASSERT_THAT(other.requests(), SizeIs(1));
  EXPECT_EQ(other.requests().front().body, bytes);
  EXPECT_EQ(other.requests().front().parameter("sig"), "1");
  EXPECT_EQ(other.requests().front().parameter("digest"), blob.digest);
  EXPECT_EQ(count_header(other, "Authorization"), 0);
}

TEST_F(ClientAndTwin, C7NextPageOnAnotherHostIsNeverFollowed) {
  add_layer();
  twin().add("app", "2", image_);
  twin().set_paging({.page_size = 1, .mode = Paging::Mode::cross_origin});
  const auto tags = app()->list_tags(never);
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
  EXPECT_EQ(twin().count(Route::tags), 1);
}

TEST_F(ClientAndTwin, C8PageThatIsItsOwnNextIsAnError) {
  add_layer();
  twin().set_paging({.page_size = 1, .mode = Paging::Mode::itself});
  const auto tags = app()->list_tags(never);
  ASSERT_FALSE(tags.has_value());
  EXPECT_EQ(tags.error().code(), ErrorCode::protocol);
}

TEST_F(ClientAndTwin, PagesAreReadToTheEnd) {
  client_ = std::make_unique<RealClient>();
  const auto repository = client_->repository(twin().host_port() + "/dotnet/runtime");
  const auto all = repository->list_tags(never).value();
  EXPECT_THAT(all, Contains("7.0"));
  for (const auto mode : {Paging::Mode::honest, Paging::Mode::n_zero}) {
    twin().set_paging({.page_size = 100, .mode = mode});
    EXPECT_EQ(repository->list_tags(never).value(), all);
  }
  EXPECT_TRUE(client_->client().catalog(Registry::parse(twin().host_port()).value(), never).has_value());
}

TEST_F(ClientAndTwin, C9CustomHeadersStayWithTheRegistry) {
  const auto& layer = add_layer();
  const auto repository = app();
  client::ApiCall call;
  call.path = "/v2/app/blobs/" + layer.digest;
  call.headers.add("X-Custom", "secret");
  ASSERT_TRUE(client_->client().send(repository->name().registry(), call, never).has_value());
  EXPECT_EQ(count_header(twin().registry(), "X-Custom"), 1);
  EXPECT_EQ(count_header(twin().content(), "X-Custom"), 0);
}

TEST_F(ClientAndTwin, C16PullAsksForPullAlone) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = add_layer();
  const auto repository = app();
  ASSERT_TRUE(repository->get_manifest("1", never).has_value());
  ASSERT_TRUE(repository->open_blob(descriptor_of(layer), {}, never).has_value());
  EXPECT_EQ(twin().tokens_issued(), 1);
  for (const auto& request : twin().registry().requests()) {
    for (const auto& scope : request.parameters("scope")) EXPECT_EQ(scope, "repository:app:pull");
  }
}

TEST_F(ClientAndTwin, TokenThatEndsMidwayIsRenewed) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = add_layer();
  const auto repository = app();
  ASSERT_TRUE(repository->resolve("1", never).has_value());
  twin().revoke_tokens();
  EXPECT_EQ(read(repository->open_blob(descriptor_of(layer), {}, never)).value(), *layer.bytes);
  EXPECT_EQ(twin().tokens_issued(), 2);
}

TEST_F(ClientAndTwin, C20TypeUnlikeTheHeaderIsRefused) {
  add_layer();
  twin().fault({.route = Route::manifest,
                .fault = faults::header("Content-Type", std::string(media_types::oci_index)),
                .times = 0});
  EXPECT_FALSE(app()->get_manifest("1", never).has_value());
}

TEST_F(ClientAndTwin, C21OtherBytesUnderTheRightHeaderAreRefused) {
  add_layer();
  const auto other = make_layered(2, 10);
  twin().fault({.route = Route::manifest, .fault = faults::body(*other.manifest.bytes), .times = 0});
  const auto digest = Digest::parse(image_.manifest.digest).value();
  const auto got = app()->get_manifest(digest, never);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::digest_mismatch);
}

TEST_F(ClientAndTwin, C24SizeUnlikeTheDescriptorIsRefused) {
  const auto& layer = add_layer();
  const auto repository = app();
  for (const std::uint64_t size : {std::uint64_t{0}, layer.size() - 1, layer.size() + 1, std::uint64_t{1} << 63U}) {
    auto lying = descriptor_of(layer);
    lying.size = size;
    const auto bytes = read(repository->open_blob(lying, {}, never));
    ASSERT_FALSE(bytes.has_value()) << size;
    EXPECT_EQ(bytes.error().code(), ErrorCode::digest_mismatch);
  }
}

TEST_F(ClientAndTwin, C26CutBodyIsNeverTheWhole) {
  const auto& layer = add_layer(6400);
  const auto repository = app();
  for (std::uint64_t cut = 0; cut < layer.size(); cut += layer.size() / 64) {
    for (const bool with_length : {true, false}) {
      auto fault = faults::cut_after(cut);
      fault.delivery.until_close = !with_length;
      twin().fault({.route = Route::cdn, .fault = fault});
      const auto bytes = read(repository->open_blob(descriptor_of(layer), {}, never));
      ASSERT_FALSE(bytes.has_value()) << cut;
      EXPECT_EQ(bytes.error().code(), ErrorCode::unavailable) << bytes.error().message();
    }
  }
  EXPECT_EQ(read(repository->open_blob(descriptor_of(layer), {}, never)).value(), *layer.bytes);
}

TEST_F(ClientAndTwin, C27EncodedBlobIsRefused) {
  const auto& layer = add_layer();
  twin().fault({.route = Route::cdn, .fault = faults::header("Content-Encoding", "gzip")});
  const auto opened = app()->open_blob(descriptor_of(layer), {}, never);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::protocol);
}

struct RangeCase {
  const char* name;
  Fault fault;
};
class ClientAndRanges : public ClientAndTwin, public ::testing::WithParamInterface<RangeCase> {};

TEST_P(ClientAndRanges, C28StrangeAnswersStillEndInTheRightBytes) {
  const auto& layer = add_layer();
  twin().fault({.route = Route::cdn, .fault = GetParam().fault});
  const auto opened = app()->open_blob(descriptor_of(layer), ByteRange{50'000, layer.size()}, never);
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(read_all(*opened->bytes, layer.size()).value(), layer.bytes->substr(opened->begin));
}
const RangeCase range_cases[] = {
    {"Honest", {}},
    {"Ignored", faults::ignore_range()},
    {"OtherFirstByte", faults::content_range("bytes 49999-100000/*")},
    {"NoPlace", faults::without_header("Content-Range")},
    {"NotSatisfiable", faults::status(416)},
};
INSTANTIATE_TEST_SUITE_P(Table, ClientAndRanges, ::testing::ValuesIn(range_cases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(ClientAndTwin, C28OtherTotalIsRefused) {
  const auto& layer = add_layer();
  twin().fault({.route = Route::cdn,
                .fault = faults::content_range("bytes 50000-" + std::to_string(layer.size() - 1) + "/200000")});
  const auto opened = app()->open_blob(descriptor_of(layer), ByteRange{50'000, layer.size()}, never);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::digest_mismatch);
}

TEST_F(ClientAndTwin, LinkServesSeveralRangesUntilItExpires) {
  const auto& layer = add_layer();
  const auto repository = app();
  const auto blob = descriptor_of(layer);
  for (std::uint64_t begin = 0; begin < 3000; begin += 1000) {
    EXPECT_EQ(read(repository->open_blob(blob, ByteRange{begin, begin + 1000}, never)).value(),
              layer.bytes->substr(begin, 1000));
  }
  EXPECT_EQ(twin().links_made(), 1);
  twin().expire_links();
  EXPECT_EQ(read(repository->open_blob(blob, ByteRange{5000, 6000}, never)).value(), layer.bytes->substr(5000, 1000));
  EXPECT_EQ(twin().links_made(), 2);
}

TEST_F(ClientAndTwin, LocateTellsTheEndOfTheFixturesLink) {
  client_ = std::make_unique<RealClient>();
  const auto repository = client_->repository(twin().host_port() + "/dotnet/core/runtime");
  const auto digest = Digest::parse("sha256:f7e2b70d04ae3f516c08c24d88de0f82699aaf3ee98af6eb208bd234136142b4").value();
  const auto location = repository->locate_blob(digest, never);
  ASSERT_TRUE(location.has_value()) << location.error().message();
  ASSERT_TRUE(location->url.has_value());
  EXPECT_EQ(location->status, 307);
  EXPECT_EQ(location->url->origin().text(), twin().content_origin());
  EXPECT_EQ(location->expires, std::chrono::system_clock::time_point(std::chrono::seconds(1552609781)));
  EXPECT_EQ(twin().content().request_count(), 0U);
}

TEST_F(ClientAndTwin, MountAndUploadAndRefusalOfMounts) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = add_layer();
  const auto blob = descriptor_of(layer);
  (void)app(known);
  const auto other = client_->repository(twin().host_port() + "/other");
  EXPECT_FALSE(other->has_blob(blob, never).value());
  EXPECT_TRUE(other->mount_blob(blob, {twin().host_port(), "app"}, never).value());
  EXPECT_TRUE(other->has_blob(blob, never).value());
  EXPECT_FALSE(other->mount_blob(blob, {twin().host_port(), "nowhere"}, never).value());
  EXPECT_EQ(twin().state().open_uploads(), 0U);
}

TEST(ClientAndDebian, WrongPasswordSaysWhichCredentialWasUsed) {
  DockerRegistry registry({.user = "bob", .password = "right"});
  RealClient client(client::Credential{"bob", "wrong", "/home/bob/.docker/config.json"});
  const auto got = client.repository(registry.host_port() + "/app")->resolve("1", never);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code(), ErrorCode::unauthorized);
  EXPECT_THAT(got.error().message(), HasSubstr("/home/bob/.docker/config.json"));
}

TEST(ClientAndDebian, TagAloneCannotBeRemoved) {
  DockerRegistry registry;
  RealClient client;
  const auto repository = client.repository(registry.host_port() + "/app");
  const std::string config = "{}";
  const auto blob = make_blob("application/vnd.oci.empty.v1+json", config);
  ASSERT_TRUE(repository
                  ->put_blob(
                      descriptor_of(blob),
                      [&]() -> Result<std::unique_ptr<ByteSource>> { return std::make_unique<StringSource>(config); },
                      never)
                  .has_value());
  const std::string bytes = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
                            R"({"mediaType":"application/vnd.oci.empty.v1+json","digest":")" +
                            blob.digest + R"(","size":2},"layers":[]})";
  const RawManifest manifest{{MediaType::of(media_types::oci_manifest), Digest::of(as_bytes(bytes)), bytes.size()},
                             bytes};
  ASSERT_TRUE(repository->set_tag("1", manifest, never).has_value());
  const auto removed = repository->remove_tag("1", never);
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().code(), ErrorCode::unsupported) << removed.error().message();
}

}  // namespace
}  // namespace client_test
}  // namespace dray::testing
