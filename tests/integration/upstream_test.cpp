#include <dray/app/serve.hpp>

#include "client_fixture.hpp"
#include "support/hashing.hpp"
#include "support/raw_client.hpp"
#include "support/temp_dir.hpp"

// A registry that pulls through, and an upstream that wants its secrets: what holds for the client (C-2 …) holds for
// this side of the server too.

namespace dray::testing {
namespace upstream_test {
namespace {

class P1HostileUpstream : public ::testing::Test {
 protected:
  const Blob& add_image() {
    image_ = make_layered(1, 100'000);
    twin().add("app", "1", image_);
    return image_.layers.at(0).blob;
  }
  McrTwin& twin() {
    if (!twin_) twin_ = std::make_unique<McrTwin>(options_);
    return *twin_;
  }
  /// What a client of the registry gets, which has the upstream's password and shows none itself.
  RawAnswer get(const std::string& path, const Headers& headers = {}) {
    if (!server_) start();
    return ask_once("GET", "http://" + server_->address() + "/v2/up/app" + path, headers);
  }
  void expect_no_secret_at(const HttpServer& server) {
    for (const auto* const header : {"Authorization", "Cookie"}) EXPECT_EQ(count_header(server, header), 0) << header;
  }

  TwinOptions options_;
  Image image_;

 private:
  void start() {
    const auto login = base64(options_.auth.user + ":" + options_.auth.password);
    ServeOptions options;
    options.directory = folder_ / "registry";
    options.engine.host = "127.0.0.1";
    options.engine.port = 0;
    options.client.auth_file =
        folder_.write("config.json", R"({"auths":{")" + twin().host_port() + R"(":{"auth":")" + login + "\"}}}");
    options.upstreams.push_back(Upstream::parse("up=http://" + twin().host_port()).value());
    auto started = RegistryServer::start(options);
    if (!started) throw std::runtime_error(started.error().message());
    server_ = std::move(*started);
  }

  TempDir folder_;
  std::unique_ptr<McrTwin> twin_;
  std::unique_ptr<RegistryServer> server_;
};

TEST_F(P1HostileUpstream, RightOneGetsThePassword) {
  options_.auth.kind = AuthKind::basic;
  const auto& layer = add_image();
  EXPECT_EQ(get("/manifests/1").status, 200);
  EXPECT_EQ(get("/blobs/" + layer.digest).body, *layer.bytes);
  EXPECT_GT(count_header(twin().registry(), "Authorization"), 0);
  expect_no_secret_at(twin().content());
}

TEST_F(P1HostileUpstream, C2TokenServerOnAnotherPlainOriginSeesNoPassword) {
  options_.auth.kind = AuthKind::bearer;
  options_.auth.own_origin = true;
  add_image();
  EXPECT_EQ(get("/manifests/1").status, 200) << "anybody may pull";
  EXPECT_GT(twin().token_server().request_count(), 0U);
  expect_no_secret_at(twin().token_server());
}

TEST_F(P1HostileUpstream, C2RealmOfAnotherSchemeIsRefused) {
  add_image();
  for (const auto* const realm : {"file:///etc/passwd", "ftp://127.0.0.1/token", "gopher://127.0.0.1/"}) {
    twin().fault({.route = Route::manifest,
                  .fault = faults::status(
                      401, {{"WWW-Authenticate", "Bearer realm=\"" + std::string(realm) + "\",service=\"x\""}})});
    const auto refused = get("/manifests/1");
    EXPECT_EQ(refused.status, 502) << realm;
    EXPECT_EQ(refused.body.find("passwd"), std::string::npos) << refused.body;
    twin().clear_faults();
  }
  EXPECT_EQ(get("/manifests/1").status, 200);
}

TEST_F(P1HostileUpstream, C3TokenRequestEndsBehindThreeRedirects) {
  options_.auth.kind = AuthKind::bearer;
  add_image();
  HttpServer other([](const ServerRequest&, Responder& responder) { responder.send(404); });
  twin().fault({.route = Route::token, .fault = faults::redirect(other.origin() + "/token")});
  EXPECT_GE(get("/manifests/1").status, 400);
  expect_no_secret_at(other);
  for (int i = 0; i < 5; ++i) {
    twin().fault({.route = Route::token, .fault = faults::redirect(twin().origin() + "/token?again="), .skip = i});
  }
  const auto before = twin().count(Route::token);
  EXPECT_GE(get("/manifests/1").status, 400);
  EXPECT_LE(twin().count(Route::token) - before, 4);
}

TEST_F(P1HostileUpstream, C4AnotherOriginNeverSeesTheToken) {
  options_.auth.kind = AuthKind::bearer;
  const auto& layer = add_image();
  twin().fault(
      {.route = Route::cdn, .fault = faults::status(401, {{"WWW-Authenticate", "Basic realm=\"x\""}}), .times = 0});
  const auto refused = get("/blobs/" + layer.digest);
  EXPECT_TRUE(refused.status >= 400 || !refused.complete);
  twin().clear_faults();
  EXPECT_EQ(get("/blobs/" + layer.digest).body, *layer.bytes);
  EXPECT_GT(count_header(twin().registry(), "Authorization"), 0);
  EXPECT_GT(twin().content().request_count(), 0U);
  expect_no_secret_at(twin().content());
}

TEST_F(P1HostileUpstream, C9HeadersOfItsClientsAreNotPassedOn) {
  const auto& layer = add_image();
  const Headers theirs{{"Authorization", "Basic bWFya2VkOm1hcmtlZA=="}, {"Cookie", "marked"}, {"X-Marked", "marked"}};
  EXPECT_EQ(get("/manifests/1", theirs).status, 200);
  EXPECT_EQ(get("/blobs/" + layer.digest, theirs).status, 200);
  for (const HttpServer* const server : {&twin().registry(), &twin().content()}) {
    EXPECT_GT(server->request_count(), 0U);
    expect_no_secret_at(*server);
    EXPECT_EQ(count_header(*server, "X-Marked"), 0);
  }
}

}  // namespace
}  // namespace upstream_test
}  // namespace dray::testing
