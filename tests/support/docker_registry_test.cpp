#include "support/docker_registry.hpp"

#include <gtest/gtest.h>

#include "support/hashing.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"
#include "support/raw_client.hpp"

namespace dray::testing {
namespace docker_registry_test {
namespace {

TEST(DockerRegistry, AnswersAndTakesPushesFromSkopeo) {
  const DockerRegistry registry;
  EXPECT_EQ(ask_once("GET", registry.origin() + "/v2/").status, 200);
  const TempDir directory;
  const Image image = make_layered(2, 1000, Format::oci);
  write_layout(directory / "layout", image, "one");
  const Outcome push = skopeo({"copy", "--dest-tls-verify=false", "oci:" + (directory / "layout").string() + ":one",
                               "docker://" + registry.host_port() + "/a/b:one"});
  EXPECT_EQ(push.status, 0) << push.err;
  const auto path = "docker/registry/v2/blobs/sha256/" + image.manifest.digest.substr(7, 2) + "/" +
                    image.manifest.digest.substr(7) + "/data";
  EXPECT_EQ(read_bytes(registry.storage() / path), *image.manifest.bytes);
}

TEST(DockerRegistry, AsksForPassword) {
  DockerRegistryOptions options;
  options.user = "user";
  options.password = "pass word";
  const DockerRegistry registry(options);
  EXPECT_EQ(ask_once("GET", registry.origin() + "/v2/").status, 401);
  const Headers headers = {{"Authorization", "Basic " + base64("user:pass word")}};
  EXPECT_EQ(ask_once("GET", registry.origin() + "/v2/", headers).status, 200);
}

TEST(DockerRegistry, SpeaksTls) {
  DockerRegistryOptions options;
  options.tls = true;
  const DockerRegistry registry(options);
  const Outcome outcome = run({{"curl", "-s", "--cacert", registry.ca_file(), registry.origin() + "/v2/"}});
  EXPECT_EQ(outcome.out, "{}") << outcome.err;
}

TEST(McrTwin, ServesSkopeoAsARegistryDoes) {
  McrTwin twin;
  const Index index = make_multi_platform(Format::docker);
  twin.add("multi", "latest", index);
  const TempDir directory;
  const Outcome pull =
      skopeo({"copy", "--all", "--src-tls-verify=false", "--preserve-digests",
              "docker://" + twin.host_port() + "/multi:latest", "dir:" + (directory / "dir").string()});
  EXPECT_EQ(pull.status, 0) << pull.err;
  EXPECT_EQ(read_bytes(directory / "dir/manifest.json"), *index.manifest.bytes);
  const Outcome push = skopeo({"copy", "--all", "--dest-tls-verify=false", "--preserve-digests",
                               "dir:" + (directory / "dir").string(), "docker://" + twin.host_port() + "/other:new"});
  EXPECT_EQ(push.status, 0) << push.err;
  EXPECT_EQ(twin.state().manifest("other", "new").value_or(StoredManifest{}).digest, index.manifest.digest);
}

TEST(McrTwin, SendsSkopeoForForeignLayersAndTokens) {
  TwinOptions options;
  options.auth.kind = AuthKind::bearer;
  const McrTwin twin(options);
  const TempDir directory;
  const Outcome pull = skopeo({"copy", "--src-tls-verify=false", "--override-os", "windows",
                               "docker://" + twin.host_port() + "/windows/servercore:ltsc2019-amd64",
                               "dir:" + (directory / "dir").string()});
  EXPECT_EQ(pull.status, 0) << pull.err;
  EXPECT_EQ(twin.tokens_issued(), 1);
  EXPECT_EQ(twin.foreign().count("GET", "/fwlink/"), 1U);
}

}  // namespace
}  // namespace docker_registry_test
}  // namespace dray::testing
