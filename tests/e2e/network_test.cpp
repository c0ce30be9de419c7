// Mirrors, certificates, addresses and limits, through the real program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "program.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace network_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string entry(const std::string& original, const std::vector<std::string>& mirrors, const std::string& more = {}) {
  auto text = "[[registry]]\nlocation = '" + original + "'\n" + more;
  for (const auto& mirror : mirrors) text += "[[registry.mirror]]\nlocation = '" + mirror + "'\n";
  return text;
}

/// A registry and a mirror of it, with the same image.
class Mirrors : public ::testing::Test {
 protected:
  Mirrors() {
    original.add("team/app", "1", image);
    mirror.add("copy/team/app", "1", image);
  }

  Outcome with_conf(const std::string& text, std::vector<std::string> words) const {
    words.insert(words.end(), {"--registries-conf", dray.write("registries.conf", text).string()});
    return dray(std::move(words));
  }
  [[nodiscard]] std::string app() const { return original.host_port() + "/team/app:1"; }
  [[nodiscard]] std::string copy() const { return mirror.host_port() + "/copy"; }

  McrTwin original;
  McrTwin mirror;
  Dray dray;
  Image image = make_layered(3, 30'000, Format::oci);
};

TEST_F(Mirrors, AreAskedInThePlaceOfTheRegistry) {
  const auto outcome = with_conf(entry(original.host_port(), {copy()}), {"pull", app(), "oci:got"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(original.registry().request_count(), 0U);
  for (const auto& layer : image.layers) {
    EXPECT_TRUE(std::filesystem::exists(blob_in_layout(dray / "got", layer.blob.digest)));
  }
}

TEST_F(Mirrors, ThatAreDeadAreFollowedByTheRegistry) {
  mirror.registry().stop();
  const auto conf = entry(original.host_port(), {copy()});
  const auto outcome = with_conf(conf, {"pull", app(), "oci:got", "--trace"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(mirror.host_port() + "/copy/team/app failed"));
  EXPECT_THAT(outcome.err, HasSubstr("is not asked again; asking " + original.host_port() + "/team/app"));
  EXPECT_THAT(outcome.err, HasSubstr("is answered by the registry itself"));
}

TEST_F(Mirrors, ThatLackTheImageAreFollowedByTheNext) {
  const auto conf = entry(original.host_port(), {mirror.host_port() + "/empty", copy()});
  const auto outcome = with_conf(conf, {"resolve", app()});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Answered by  " + mirror.host_port() + "/copy/team/app"));
  EXPECT_EQ(original.registry().request_count(), 0U);
}

TEST_F(Mirrors, ThatServeSomethingElseAreAnError) {
  auto bytes = *image.layers[0].blob.bytes;
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  mirror.replace_blob(image.layers[0].blob.digest, bytes);
  const auto outcome = with_conf(entry(original.host_port(), {copy()}), {"pull", app(), "oci:got"});
  EXPECT_EQ(outcome.status, 5) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(blob_in_layout(dray / "got", image.layers[0].blob.digest)));
}

TEST_F(Mirrors, ForDigestsAreNotAskedForTags) {
  const auto conf = entry(original.host_port(), {copy()}, "mirror-by-digest-only = true\n");
  EXPECT_EQ(with_conf(conf, {"digest", app()}).status, 0);
  EXPECT_EQ(mirror.registry().request_count(), 0U);
  original.registry().forget_requests();
  const auto by_digest = original.host_port() + "/team/app@" + image.manifest.digest;
  EXPECT_EQ(with_conf(conf, {"pull", by_digest, "oci:got"}).status, 0);
  EXPECT_EQ(original.registry().request_count(), 0U);
}

TEST_F(Mirrors, AreNotWrittenTo) {
  ASSERT_EQ(dray({"pull", app(), "oci:got:1"}).status, 0);
  const auto outcome =
      with_conf(entry(original.host_port(), {copy()}), {"push", "oci:got:1", original.host_port() + "/team/app:2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(mirror.registry().request_count(), 0U);
  EXPECT_EQ(dray({"digest", original.host_port() + "/team/app:2"}).status, 0);
}

TEST_F(Mirrors, LocationLeadsReadersAndWritersElsewhere) {
  const auto conf = "[[registry]]\nprefix = 'old.example/team'\nlocation = '" + original.host_port() + "/team'\n";
  ASSERT_EQ(with_conf(conf, {"pull", "old.example/team/app:1", "oci:got:1"}).status, 0);
  EXPECT_EQ(with_conf(conf, {"push", "oci:got:1", "old.example/team/app:3"}).status, 0);
  EXPECT_EQ(dray({"digest", original.host_port() + "/team/app:3"}).status, 0);
}

TEST_F(Mirrors, BlockedRegistryIsNotAsked) {
  const auto conf = "# first\n" + entry(original.host_port(), {}, "blocked = true\n");
  for (const auto* const command : {"digest", "resolve", "inspect"}) {
    const auto outcome = with_conf(conf, {command, app()});
    EXPECT_EQ(outcome.status, 4) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err));
    EXPECT_THAT(outcome.err, HasSubstr("blocked by [[registry]] '" + original.host_port() + "' of " +
                                       (dray / "registries.conf").string() + " line 2"));
  }
  EXPECT_EQ(original.registry().request_count(), 0U);
}

TEST_F(Mirrors, SettingsWithoutEffectAreWarnedOfUnasked) {
  const auto outcome = with_conf("location = '" + copy() + "'\n", {"digest", app()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("dray: warning: " + (dray / "registries.conf").string() +
                                     " line 1: 'location' has no effect at the top"));
}

TEST_F(Mirrors, BrokenSettingsAreNamedWithTheirLine) {
  const auto outcome = with_conf("[[registry]]\nlocation = 'https://r.example'\n", {"digest", app()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("registries.conf line 2"));
  EXPECT_EQ(with_conf("[[registry]]\n", {"digest", app(), "--no-registries-conf"}).status, 2);
}

TEST_F(Mirrors, AreFoundWhereContainersToolsLook) {
  dray.write("config/containers/registries.conf", entry(original.host_port(), {copy()}));
  dray.set_environment("XDG_CONFIG_HOME", (dray / "config").string());
  dray.set_environment("CONTAINERS_REGISTRIES_CONF", std::nullopt);
  EXPECT_EQ(dray({"digest", app()}).status, 0);
  EXPECT_EQ(original.registry().request_count(), 0U);
  EXPECT_EQ(dray({"digest", app(), "--no-registries-conf"}).status, 0);
  EXPECT_GT(original.registry().request_count(), 0U);
}

TEST_F(Mirrors, GetTheirOwnCredentialAndNoOther) {
  dray.log_in(original.host_port(), "someone", "MARKED");
  const auto outcome = with_conf(entry(original.host_port(), {copy()}), {"pull", app(), "oci:got"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const auto& request : mirror.registry().requests()) EXPECT_FALSE(request.headers.has("Authorization"));
}

/// A TLS server that answers everything.
class Certificates : public ::testing::Test {
 protected:
  Certificates() { dray.set_environment("XDG_CONFIG_HOME", (dray / "config").string()); }

  [[nodiscard]] std::unique_ptr<HttpServer> serve(ServerOptions::ClientCertificates wanted,
                                                  Handler handler = {}) const {
    ServerOptions options;
    options.tls = true;
    options.authority = authority;
    options.client_certificates = wanted;
    if (!handler) handler = [](const ServerRequest&, Responder& responder) { responder.send(200, {}, "in\n"); };
    return std::make_unique<HttpServer>(std::move(handler), options);
  }
  void lay(const HttpServer& server, const std::string& name, const std::filesystem::path& from) const {
    dray.write("config/containers/certs.d/" + server.host_port() + "/" + name, read_bytes(from));
  }
  [[nodiscard]] Outcome get(const HttpServer& server, std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"api", "GET", server.host_port() + "/v2/", "--tls", server.host_port()};
    words.insert(words.end(), more.begin(), more.end());
    return dray(words);
  }

  std::shared_ptr<TlsAuthority> authority = std::make_shared<TlsAuthority>();
  CertificateFiles ours = authority->issue();
  Dray dray;
  using Wanted = ServerOptions::ClientCertificates;
};

TEST_F(Certificates, OfAPrivateAuthorityAreTrustedByTheirFolder) {
  const auto server = serve(Wanted::ignored);
  const auto before = get(*server);
  EXPECT_EQ(before.status, 2);
  EXPECT_THAT(before.err, HasSubstr("certs.d/" + server->host_port() + "/ca.crt"));
  lay(*server, "ca.crt", authority->ca_file());
  const auto outcome = get(*server);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "in\n");
}

TEST_F(Certificates, OfOursAreShownByTheirFolderOrTheCommandLine) {
  const auto server = serve(Wanted::required);
  lay(*server, "ca.crt", authority->ca_file());
  const auto before = get(*server);
  EXPECT_EQ(before.status, 4);
  EXPECT_TRUE(is_one_sentence(before.err)) << before.err;
  EXPECT_THAT(before.err, HasSubstr("--cert"));
  const auto by_words = get(*server, {"--cert", ours.certificate.string(), "--key", ours.key.string()});
  EXPECT_EQ(by_words.status, 0) << by_words.err;
  const auto both = dray.write("both.pem", read_bytes(ours.certificate) + read_bytes(ours.key)).string();
  EXPECT_EQ(get(*server, {"--cert", both}).status, 0);
  lay(*server, "client.cert", ours.certificate);
  lay(*server, "client.key", ours.key);
  EXPECT_EQ(get(*server).status, 0);
  for (const auto& request : server->requests()) EXPECT_TRUE(request.client_certificate);
}

// Another server that asks for a certificate, behind a redirect, gets none: not the command line's, not its folder's.
TEST_F(Certificates, C10OfOursAreNotShownBehindARedirect) {
  const auto elsewhere = serve(Wanted::asked);
  const auto server = serve(Wanted::required, [&](const ServerRequest&, Responder& responder) {
    responder.send(307, {{"Location", elsewhere->origin() + "/blob"}});
  });
  for (const auto& at : {server.get(), elsewhere.get()}) {
    lay(*at, "ca.crt", authority->ca_file());
    lay(*at, "client.cert", ours.certificate);
    lay(*at, "client.key", ours.key);
  }
  EXPECT_EQ(get(*server).status, 0);
  EXPECT_EQ(get(*server, {"--cert", ours.certificate.string(), "--key", ours.key.string()}).status, 0);
  ASSERT_EQ(elsewhere->request_count(), 2U);
  for (const auto& request : elsewhere->requests()) EXPECT_FALSE(request.client_certificate);
}

// Not one byte of plain HTTP, whatever the server speaks; only --plain-http for that very host.
TEST(C12NoPlainHttp, IsSpokenUnasked) {
  McrTwin twin;
  const auto name = "registry.example:" + std::to_string(twin.registry().port());
  const Dray dray;
  const std::vector<std::string> address{"--resolve", name + ":127.0.0.1"};
  const auto digest = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"digest", name + "/library/alpine:3.13"};
    words.insert(words.end(), address.begin(), address.end());
    words.insert(words.end(), more.begin(), more.end());
    return dray(words);
  };
  for (const auto& more : std::vector<std::vector<std::string>>{
           {}, {"--insecure"}, {"--plain-http", "other.example"}, {"--plain-http", "127.0.0.1"}}) {
    const auto outcome = digest(more);
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("--plain-http"));
  }
  const auto conf = dray.write("r.conf", entry(name, {}, "insecure = true\n")).string();
  EXPECT_NE(digest({"--registries-conf", conf}).status, 0);
  EXPECT_EQ(twin.registry().request_count(), 0U);
  EXPECT_EQ(digest({"--plain-http", name}).status, 0);
}

TEST(C12NoPlainHttp, IsReachedByARedirect) {
  HttpServer plain([](const ServerRequest&, Responder& responder) { responder.send(200); });
  ServerOptions options;
  options.tls = true;
  HttpServer server(
      [&](const ServerRequest&, Responder& responder) { responder.send(307, {{"Location", plain.origin() + "/"}}); },
      options);
  const Dray dray;
  const auto outcome =
      dray({"api", "GET", server.host_port() + "/v2/", "--tls", server.host_port(), "--cacert", server.ca_file()});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("not encrypted"));
  EXPECT_EQ(plain.request_count(), 0U);
}

TEST(Addresses, OfTheCommandLineNeedNoLookUp) {
  McrTwin twin;
  const auto port = std::to_string(twin.registry().port());
  const Dray dray;
  const auto outcome = dray({"digest", "registry.example:" + port + "/library/alpine:3.13", "--plain-http",
                             "registry.example", "--resolve", "other.example:" + port + ":127.0.0.9", "--resolve",
                             "registry.example:" + port + ":127.0.0.1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_GT(twin.registry().request_count(), 0U);
  EXPECT_EQ(twin.registry().requests().front().headers.get("Host"), "registry.example:" + port);
}

TEST(Addresses, MayBeIpv6) {
  McrTwin twin({.ipv6 = true});
  const Image image = make_layered(2, 10'000, Format::oci);
  twin.add("app", "1", image);
  const Dray dray;
  EXPECT_THAT(twin.host_port(), HasSubstr("[::1]:"));
  const auto outcome = dray({"pull", twin.host_port() + "/app:1", "oci:got"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto port = std::to_string(twin.registry().port());
  const auto named = dray({"digest", "registry.example:" + port + "/app:1", "--plain-http", "registry.example",
                           "--resolve", "registry.example:" + port + ":[::1]"});
  EXPECT_EQ(named.status, 0) << named.err;
}

class Limits : public ::testing::Test {
 protected:
  Limits() { twin.add("app", "1", image); }
  [[nodiscard]] Outcome pull(std::vector<std::string> more) const {
    std::vector<std::string> words{"pull", twin.host_port() + "/app:1", "oci:got"};
    words.insert(words.end(), more.begin(), more.end());
    return dray(words);
  }

  McrTwin twin;
  Dray dray;
  Image image = make_layered(4, 20'000, Format::oci);
};

TEST_F(Limits, OfTheRateStillLetAPullEnd) { EXPECT_EQ(pull({"--limit-rate", "10M"}).status, 0); }

TEST_F(Limits, OfAHostKeepToOneAnswerAtATime) {
  const auto outcome = pull({"--max-per-host", "1", "--jobs", "8"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(twin.content().peak_in_flight(), 1);
}

TEST_F(Limits, OfRequestsEndTheProgramWithASentence) {
  const auto outcome = pull({"--max-requests", "3"});
  EXPECT_EQ(outcome.status, 8);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("--max-requests"));
  EXPECT_LE(twin.registry().request_count() + twin.content().request_count(), 3U);
  EXPECT_EQ(pull({"--max-requests", "100"}).status, 0);
}

TEST(NetworkOptions, RefuseWhatTheyCannotUse) {
  const Dray dray;
  const auto pem = dray.write("some.pem", "x").string();
  struct Row {
    std::vector<std::string> words;
    const char* says;
  };
  for (const auto& row : std::vector<Row>{{{"--limit-rate", "fast"}, "--limit-rate"},
                                          {{"--limit-rate", "0"}, "--limit-rate"},
                                          {{"--limit-rate", "99999999999G"}, "--limit-rate"},
                                          {{"--limit-rate", "k"}, "--limit-rate"},
                                          {{"--max-requests", "0"}, "--max-requests"},
                                          {{"--max-per-host", "-1"}, "--max-per-host"},
                                          {{"--resolve", "a.example:443"}, "HOST:PORT:ADDRESS"},
                                          {{"--proxy", "ftp://p"}, "--proxy"},
                                          {{"--proxy", "http://u:p@p:1"}, "https_proxy"},
                                          {{"--key", pem}, "--cert"},
                                          {{"--cert", "/absent.pem"}, "/absent.pem"},
                                          {{"--registries-conf", "/absent.conf"}, "/absent.conf"},
                                          {{"--registries-conf", pem, "--no-registries-conf"}, "contradicts"}}) {
    std::vector<std::string> words{"digest", "127.0.0.1:1/a"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    const auto outcome = dray(words);
    EXPECT_EQ(outcome.status, 2) << row.words.front();
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
    EXPECT_THAT(outcome.err, Not(HasSubstr("u:p")));
  }
}

}  // namespace
}  // namespace network_test
}  // namespace dray::testing
