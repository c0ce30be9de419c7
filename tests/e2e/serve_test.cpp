// `dray serve`, `gc` and `verify` as an operator meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace serve_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Serve : public ::testing::Test {
 protected:
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  Outcome refused(std::vector<std::string> words) const {
    words.insert(words.begin(), "serve");
    return dray(std::move(words));
  }
  std::string layout(const Image& made, const std::string& name) {
    write_layout(dray / name, made, "v");
    return "oci:" + (dray / name).string() + ":v";
  }
  static Outcome curl(std::vector<std::string> words) {
    words.insert(words.begin(), {"curl", "--silent", "--show-error"});
    return run({std::move(words)});
  }

  Dray dray;
  Image image = make_layered(3, 100'000, Format::oci);
};

TEST_F(Serve, SaysWhereItListensAndWhatItKeeps) {
  Served served(dray, dray / "registry");
  EXPECT_THAT(served.process().err(),
              HasSubstr("registry in " + (dray / "registry").string() + " at " + served.origin()));
  EXPECT_THAT(served.process().err(), HasSubstr("nobody is asked"));
  EXPECT_EQ(curl({served.origin() + "/healthz"}).out, "ok\n");
  EXPECT_EQ(served.stop().status, 0);
}

TEST_F(Serve, KeepsWhatItHasOverARestart) {
  const auto from = layout(image, "layout");
  {
    Served served(dray, dray / "registry");
    ok({"push", from, served.host_port() + "/a:1"});
    EXPECT_EQ(served.stop().status, 0);
  }
  const Served served(dray, dray / "registry");
  EXPECT_EQ(ok({"pull", served.host_port() + "/a:1", "oci:back", "--jq", ".digest"}), image.manifest.digest + "\n");
}

TEST_F(Serve, S36SecondServerOfAFolderIsRefused) {
  const Served served(dray, dray / "registry");
  const auto second = refused({(dray / "registry").string(), "--listen", "127.0.0.1:0"});
  EXPECT_NE(second.status, 0);
  EXPECT_TRUE(is_one_sentence(second.err)) << second.err;
  const auto gc = dray({"gc", (dray / "registry").string()});
  EXPECT_NE(gc.status, 0);
  EXPECT_TRUE(is_one_sentence(gc.err)) << gc.err;
}

TEST_F(Serve, S25ListeningBeyondThisMachineNeedsUsersOrAWord) {
  for (const auto* const listen : {":0", "0.0.0.0:0", "[::]:0"}) {
    const auto outcome = refused({(dray / "registry").string(), "--listen", listen});
    EXPECT_EQ(outcome.status, 2) << listen;
    EXPECT_THAT(outcome.err, HasSubstr("--anyone"));
  }
}

TEST_F(Serve, WrongOptionsAreOneSentence) {
  const auto folder = (dray / "registry").string();
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {folder, "--listen", "5000"},
                                                                 {folder, "--listen", "127.0.0.1:99999"},
                                                                 {folder, "--listen", "::1:5000"},
                                                                 {folder, "--tls-cert", "x"},
                                                                 {folder, "--policy", "x"},
                                                                 {folder, "--htpasswd", "/no/such/file"},
                                                                 {folder, "--role", "cdn"},
                                                                 {folder, "--role", "content"},
                                                                 {folder, "--blob-redirect", "https://a.example"},
                                                                 {folder, "--upstream", "http://a.example/path"},
                                                                 {folder, "--upstream", "localhost:5000"},
                                                                 {folder, "--gc-every", "often"},
                                                                 {folder, "--store-mode", "0777"},
                                                                 {folder, "--config", "/no/such/file"}}) {
    const auto outcome = refused(words);
    EXPECT_NE(outcome.status, 0);
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
}

TEST_F(Serve, ManifestServiceApartFromTheBytesIsPulledThroughByEveryClient) {
  const auto key = dray.write("key", "a key of more than sixteen bytes\n").string();
  const auto folder = dray / "registry";
  {
    Served filling(dray, folder);
    ok({"push", layout(image, "layout"), filling.host_port() + "/team/app:1"});
    EXPECT_EQ(filling.stop().status, 0);
  }
  // One is told the other's port, so the bytes' side is started first.
  const Served content(dray, folder, {}, {"--role", "content", "--sign-key", key});
  const Served served(dray, folder, {}, {"--blob-redirect", content.origin(), "--sign-key", key});

  EXPECT_EQ(ok({"pull", served.host_port() + "/team/app:1", "oci:mine:1", "--jq", ".digest"}),
            image.manifest.digest + "\n");
  const auto theirs =
      skopeo({"copy", "--quiet", "--src-tls-verify=false", "docker://" + served.host_port() + "/team/app:1",
              "oci:" + (dray / "theirs").string() + ":1"});
  EXPECT_EQ(theirs.status, 0) << theirs.err;
  EXPECT_EQ(files_below(dray / "mine/blobs"), files_below(dray / "theirs/blobs"));

  const auto& layer = image.layers.front().blob;
  const auto blob = served.origin() + "/v2/team/app/blobs/" + layer.digest;
  const auto head = curl({"--dump-header", "-", "--output", "/dev/null", blob}).out;
  EXPECT_THAT(head, StartsWith("HTTP/1.1 307"));
  EXPECT_THAT(head, HasSubstr("Location: " + content.origin() + "/v2/team/app/blobs/" + layer.digest + "?expires="));
  EXPECT_EQ(curl({"--location", blob}).out, *layer.bytes);
  EXPECT_EQ(ok({"blob", "locate", served.host_port() + "/team/app@" + layer.digest, "--jq", ".status"}), "307\n");
  EXPECT_THAT(curl({content.origin() + "/v2/team/app/blobs/" + layer.digest}).out, HasSubstr("DENIED"));
}

TEST_F(Serve, CacheOfAnUpstreamGoesOnWithoutIt) {
  auto upstream = std::make_unique<DockerRegistry>();
  ok({"push", layout(image, "layout"), upstream->host_port() + "/library/app:1"});
  Served cache(dray, dray / "cache", {}, {"--upstream", "hub=http://" + upstream->host_port(), "--tag-age", "0"});
  EXPECT_EQ(ok({"pull", cache.host_port() + "/hub/library/app:1", "oci:first:1", "--jq", ".digest"}),
            image.manifest.digest + "\n");
  upstream.reset();
  EXPECT_EQ(ok({"pull", cache.host_port() + "/hub/library/app:1", "oci:second:1", "--jq", ".digest"}),
            image.manifest.digest + "\n");
  EXPECT_THAT(
      curl({"--dump-header", "-", "--output", "/dev/null", cache.origin() + "/v2/hub/library/app/manifests/1"}).out,
      HasSubstr("Warning: 299 - "));
}

TEST_F(Serve, MirrorAnswersNamesWithoutAPrefix) {
  const DockerRegistry upstream;
  ok({"push", layout(image, "layout"), upstream.host_port() + "/library/app:1"});
  const Served mirror(dray, dray / "cache", {}, {"--mirror-of", "hub=http://" + upstream.host_port()});
  EXPECT_EQ(ok({"digest", mirror.host_port() + "/library/app:1"}), image.manifest.digest + "\n");
}

TEST_F(Serve, ReadsDistributionsConfiguration) {
  const auto folder = (dray / "volume").string();
  const auto config = dray.write(
      "config.yml", "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: " + folder +
                        "\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:0\n  secret: x\n");
  Process process(dray.command({"serve", "--config", config.string()}));
  ASSERT_TRUE(process.wait_for_output("://127.0.0.1:")) << process.err();
  EXPECT_THAT(process.err(), HasSubstr("mean nothing here: "));
  EXPECT_THAT(process.err(), HasSubstr("http.secret"));
  EXPECT_THAT(process.err(), HasSubstr("registry in " + folder));
}

TEST_F(Serve, AccessLogIsALineOfJsonForEachRequest) {
  const auto log = dray / "access.log";
  Served served(dray, dray / "registry", {}, {"--access-log", log.string()});
  curl({served.origin() + "/v2/"});
  curl({served.origin() + "/v2/_catalog?n=5&token=SECRET"});
  EXPECT_EQ(served.stop().status, 0);
  const auto text = read_bytes(log);
  EXPECT_THAT(text, HasSubstr(R"("target":"/v2/","status":200)"));
  EXPECT_THAT(text, HasSubstr("/v2/_catalog?n=5&token=-"));
  EXPECT_THAT(text, Not(HasSubstr("SECRET")));
}

TEST_F(Serve, MetricsCountWhatWasServed) {
  const Served served(dray, dray / "registry");
  curl({served.origin() + "/v2/"});
  const auto page = curl({served.origin() + "/metrics"}).out;
  EXPECT_THAT(page, HasSubstr("dray_requests_total{method=\"GET\",status=\"200\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("dray_connections 1\n"));
}

TEST_F(Serve, HangupReadsTheCertificateAgain) {
  TlsAuthority first;
  TlsAuthority second;
  const auto place = [&](TlsAuthority& authority) {
    const auto files = authority.issue();
    write_bytes(dray / "cert.pem", read_bytes(files.certificate));
    write_bytes(dray / "key.pem", read_bytes(files.key));
  };
  place(first);
  Served served(dray, dray / "registry", {},
                {"--tls-cert", (dray / "cert.pem").string(), "--tls-key", (dray / "key.pem").string()});
  const auto url = "https://" + served.host_port() + "/healthz";
  EXPECT_EQ(curl({"--cacert", first.ca_file().string(), url}).out, "ok\n");
  place(second);
  served.process().kill(SIGHUP);
  ASSERT_TRUE(served.process().wait_for_output("certificates read again"));
  EXPECT_EQ(curl({"--cacert", second.ca_file().string(), url}).out, "ok\n");
  write_bytes(dray / "cert.pem", "no certificate");
  served.process().kill(SIGHUP);
  ASSERT_TRUE(served.process().wait_for_output("the old certificates stay"));
  EXPECT_EQ(curl({"--cacert", second.ca_file().string(), url}).out, "ok\n");
}

TEST_F(Serve, CollectionRemovesWhatNothingPointsAt) {
  const auto folder = (dray / "registry").string();
  {
    Served served(dray, folder);
    ok({"push", layout(image, "layout"), served.host_port() + "/a:1"});
    ok({"push", layout(make_layered(2, 5000), "other"), served.host_port() + "/b:1"});
    ok({"delete", served.host_port() + "/b:1"});
    EXPECT_EQ(served.stop().status, 0);
  }
  EXPECT_EQ(ok({"gc", folder, "--dry-run", "--untagged", "--grace", "0", "--jq", ".untagged|length"}), "1\n");
  EXPECT_EQ(ok({"gc", folder, "--grace", "0", "--jq", ".removed|length"}), "0\n") << "a manifest without a tag stays";
  EXPECT_EQ(ok({"gc", folder, "--untagged", "--grace", "0", "--jq", ".removed|length"}), "4\n");
  EXPECT_EQ(ok({"verify", folder, "--jq", ".damage|length"}), "0\n");
  const Served served(dray, folder);
  EXPECT_EQ(ok({"pull", served.host_port() + "/a:1", "oci:back:1", "--jq", ".digest"}), image.manifest.digest + "\n");
}

TEST_F(Serve, RunningServerCollectsByItself) {
  Served served(dray, dray / "registry", {}, {"--gc-every", "1s", "--gc-grace", "0", "--gc-untagged"});
  ok({"push", layout(image, "layout"), served.host_port() + "/a:1"});
  const auto& layer = image.layers.front().blob.digest;
  EXPECT_EQ(ok({"blob", "head", served.host_port() + "/a@" + layer, "--jq", ".digest"}), layer + "\n");
  ASSERT_TRUE(served.process().wait_for_output("collection: "));
  EXPECT_EQ(ok({"pull", served.host_port() + "/a:1", "oci:back:1", "--jq", ".digest"}), image.manifest.digest + "\n");
}

TEST_F(Serve, S39DamagedBlobIsFoundNamedAndQuarantined) {
  const auto folder = dray / "registry";
  {
    Served served(dray, folder);
    ok({"push", layout(image, "layout"), served.host_port() + "/a:1"});
    EXPECT_EQ(served.stop().status, 0);
  }
  const auto& digest = image.layers.back().blob.digest;
  const auto hex = digest.substr(7);
  const auto data = folder / "docker/registry/v2/blobs/sha256" / hex.substr(0, 2) / hex / "data";
  auto bytes = read_bytes(data);
  bytes[bytes.size() / 2] ^= 1;
  std::filesystem::permissions(data, std::filesystem::perms::owner_all);
  write_bytes(data, bytes);
  const auto found = dray({"verify", folder.string()});
  EXPECT_EQ(found.status, 5);
  EXPECT_THAT(found.out, HasSubstr(digest));
  EXPECT_EQ(dray({"verify", folder.string(), "--quarantine"}).status, 5);
  const Served served(dray, folder);
  EXPECT_EQ(dray({"blob", "head", served.host_port() + "/a@" + digest}).status, 3);
  ok({"push", "oci:" + (dray / "layout").string() + ":v", served.host_port() + "/a:1"});
  EXPECT_EQ(ok({"pull", served.host_port() + "/a:1", "oci:back:1", "--jq", ".digest"}), image.manifest.digest + "\n");
}

TEST_F(Serve, WhatIsNoRegistryIsNeitherCollectedNorVerified) {
  for (const auto* const command : {"gc", "verify"}) {
    const auto absent = dray({command, (dray / "absent").string()});
    EXPECT_EQ(absent.status, 3);
    EXPECT_TRUE(is_one_sentence(absent.err)) << absent.err;
    EXPECT_FALSE(std::filesystem::exists(dray / "absent"));
  }
}

}  // namespace
}  // namespace serve_test
}  // namespace dray::testing
