// Real clients against `dray serve`, through every door: what they push comes back as the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace serve_clients_test {
namespace {

using ::testing::HasSubstr;

struct NamedDoor {
  const char* name;
  ServedDoor door;
};

class ServeClients : public ::testing::TestWithParam<NamedDoor> {
 protected:
  ServeClients() {
    if (door().password) dray.log_in(served.host_port(), Served::user, Served::password);
    write_layout(source / "index", index, "v");
    write_layout(source / "image", image, "v");
    write_layout(source / "oci", make_layered(2, 20'000, Format::oci), "v");
  }

  [[nodiscard]] static const ServedDoor& door() { return GetParam().door; }
  [[nodiscard]] std::string at(std::string_view name) const { return served.host_port() + "/" + std::string(name); }
  [[nodiscard]] std::string layout(std::string_view name) const { return (source / name).string() + ":v"; }

  [[nodiscard]] Outcome try_dray(std::vector<std::string> words) const {
    if (door().tls) words.insert(words.end(), {"--tls", served.host_port(), "--cacert", served.ca_file().string()});
    return dray(std::move(words));
  }
  std::string run_dray(std::vector<std::string> words) const {
    const Outcome outcome = try_dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  /// skopeo's options for the registry on the side that `side` names: `src-`, `dest-`, or nothing.
  [[nodiscard]] std::vector<std::string> skopeo_door(const std::string& side) const {
    std::vector<std::string> words;
    if (door().tls) words.push_back("--" + side + "cert-dir=" + served.ca_file().parent_path().string());
    if (!door().tls) words.push_back("--" + side + "tls-verify=false");
    if (door().password) words.push_back("--" + side + "creds=" + Served::user + ":" + Served::password);
    return words;
  }
  std::string run_skopeo(std::vector<std::string> words, const std::string& side, std::vector<std::string> rest) const {
    const auto options = skopeo_door(side);
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), rest.begin(), rest.end());
    const Outcome outcome = skopeo(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] Outcome curl(std::vector<std::string> words) const {
    std::vector<std::string> all{"curl", "--silent", "--show-error"};
    if (door().tls) all.insert(all.end(), {"--cacert", served.ca_file().string()});
    if (door().password && !door().tokens)
      all.insert(all.end(), {"--user", std::string(Served::user) + ":" + Served::password});
    all.insert(all.end(), words.begin(), words.end());
    return run({std::move(all)});
  }

  Dray dray;
  TempDir source;
  Served served{dray, dray / "registry", GetParam().door};
  Index index = make_multi_platform(Format::oci);
  Image image = make_layered(3, 300'000, Format::docker);
};

TEST_P(ServeClients, SkopeoPushesPullsListsAndDeletes) {
  run_skopeo({"copy", "--all", "--quiet", "--preserve-digests"}, "dest-",
             {"oci:" + layout("index"), "docker://" + at("team/index:v")});
  run_skopeo({"copy", "--all", "--quiet", "--preserve-digests"}, "src-",
             {"docker://" + at("team/index:v"), "oci:" + (dray / "back").string() + ":v"});
  expect_same_blobs(dray / "back", source / "index");
  EXPECT_THAT(run_skopeo({"list-tags"}, "", {"docker://" + at("team/index")}), HasSubstr("\"v\""));
  EXPECT_THAT(run_skopeo({"inspect", "--raw"}, "", {"docker://" + at("team/index:v")}), ::testing::Not(""));
  run_skopeo({"delete"}, "", {"docker://" + at("team/index:v")});
  EXPECT_EQ(try_dray({"digest", at("team/index:v")}).status, 3);
}

TEST_P(ServeClients, SkopeoPushesDockersFormat) {
  run_skopeo({"copy", "--quiet", "--format", "v2s2"}, "dest-",
             {"oci:" + layout("oci"), "docker://" + at("image:docker")});
  EXPECT_EQ(run_dray({"inspect", at("image:docker"), "--jq", ".mediaType"}),
            "application/vnd.docker.distribution.manifest.v2+json\n");
}

TEST_P(ServeClients, DrayPushesPullsCopiesListsAndDeletes) {
  EXPECT_EQ(run_dray({"push", "oci:" + layout("index"), at("team/index:v"), "--jq", ".digest"}),
            index.manifest.digest + "\n");
  EXPECT_EQ(run_dray({"copy", at("team/index:v"), at("other/index:w"), "--jq", ".digest, .bytesTransferred"}),
            index.manifest.digest + "\n0\n")
      << "blobs of a sister repository are mounted";
  EXPECT_EQ(run_dray({"pull", at("other/index:w"), "oci:mine:w", "--jq", ".digest"}), index.manifest.digest + "\n");
  expect_same_blobs(dray / "mine", source / "index");
  EXPECT_EQ(run_dray({"tags", at("team/index")}), "v\n");
  EXPECT_EQ(run_dray({"catalog", served.host_port()}), "other/index\nteam/index\n");
  run_dray({"tag", at("team/index:v"), "latest"});
  run_dray({"delete", at("team/index:v")});
  EXPECT_EQ(try_dray({"digest", at("team/index:v")}).status, 3);
  EXPECT_EQ(run_dray({"tags", at("team/index")}), "latest\n");
}

TEST_P(ServeClients, CurlReadsAManifestAndABlobOfIt) {
  run_dray({"push", "oci:" + layout("image"), at("team/image:v")});
  if (door().tokens) {
    const auto refused = curl({"--dump-header", "-", "--output", "/dev/null", served.origin() + "/v2/"});
    EXPECT_THAT(refused.out, HasSubstr("401"));
    EXPECT_THAT(refused.out, HasSubstr("Bearer realm=\"" + served.origin() + "/token\""));
    return;
  }
  EXPECT_EQ(curl({served.origin() + "/v2/team/image/tags/list"}).out, R"({"name":"team/image","tags":["v"]})");
  const auto manifest = curl({served.origin() + "/v2/team/image/manifests/v"}).out;
  EXPECT_EQ(manifest, *image.manifest.bytes);
  const auto& layer = image.layers.front().blob;
  EXPECT_EQ(curl({"--location", served.origin() + "/v2/team/image/blobs/" + layer.digest}).out, *layer.bytes);
  EXPECT_EQ(curl({"--range", "10-19", served.origin() + "/v2/team/image/blobs/" + layer.digest}).out,
            layer.bytes->substr(10, 10));
  EXPECT_THAT(curl({"--head", served.origin() + "/v2/team/image/manifests/v"}).out,
              HasSubstr("Docker-Content-Digest: " + image.manifest.digest));
}

TEST_P(ServeClients, PodmanPushesAndPullsWhatBuildahMade) {
  if (::geteuid() != 0) GTEST_SKIP() << "without root it needs a user namespace, which build machines forbid";
  const auto storage = dray / "containers";
  const std::vector<std::string> global{"--storage-driver=vfs", "--root=" + (storage / "root").string(),
                                        "--runroot=" + (storage / "run").string()};
  const auto tool = [&](const std::string& program, std::vector<std::string> verb, std::vector<std::string> rest) {
    std::vector<std::string> words{program};
    words.insert(words.end(), global.begin(), global.end());
    words.insert(words.end(), verb.begin(), verb.end());
    words.insert(words.end(), rest.begin(), rest.end());
    Command command{std::move(words), {{"HOME", (dray / "home").string()}, {"BUILDAH_ISOLATION", "chroot"}}};
    const Outcome outcome = run(std::move(command), std::chrono::minutes(2));
    EXPECT_EQ(outcome.status, 0) << program << " " << verb.front() << ": " << outcome.err;
    return outcome.out;
  };
  const auto with_door = [&](std::vector<std::string> verb) {
    const auto options = skopeo_door("");
    verb.insert(verb.end(), options.begin(), options.end());
    return verb;
  };
  dray.write("policy.json", R"({"default":[{"type":"insecureAcceptAnything"}]})");
  const auto policy = "--signature-policy=" + (dray / "policy.json").string();
  write_bytes(dray / "file", "made by buildah\n");
  auto container = tool("buildah", {"from", policy, "scratch"}, {});
  container.erase(container.find_last_not_of('\n') + 1);
  tool("buildah", {"copy"}, {container, (dray / "file").string(), "/file"});
  tool("buildah", {"commit", policy}, {container, "made"});
  tool("podman", with_door({"push", policy}), {"made", "docker://" + at("team/made:1")});
  EXPECT_THAT(run_dray({"layers", at("team/made:1")}), HasSubstr("sha256:"));
  tool("podman", {"rmi", "--all", "--force"}, {});
  tool("podman", with_door({"pull", policy}), {"docker://" + at("team/made:1")});
  EXPECT_THAT(tool("podman", {"images"}, {}), HasSubstr("team/made"));
}

TEST_P(ServeClients, UmocisLayoutIsPushedAndComesBackWhole) {
  const auto umoci = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "umoci");
    Command command{std::move(words), {{"HOME", dray.directory().string()}}, {}, dray.directory()};
    const Outcome outcome = run(std::move(command));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  };
  umoci({"init", "--layout", "made"});
  umoci({"new", "--image", "made:1"});
  run_skopeo({"copy", "--quiet"}, "dest-", {"oci:" + (dray / "made").string() + ":1", "docker://" + at("umoci:1")});
  run_dray({"pull", at("umoci:1"), "oci:back:1"});
  expect_same_blobs(dray / "back", dray / "made");
}

INSTANTIATE_TEST_SUITE_P(Doors, ServeClients,
                         ::testing::Values(NamedDoor{"Plain", {}}, NamedDoor{"Tls", {.tls = true}},
                                           NamedDoor{"Basic", {.password = true}},
                                           NamedDoor{"TlsAndBasic", {.tls = true, .password = true}},
                                           NamedDoor{"Tokens", {.password = true, .tokens = true}},
                                           NamedDoor{"TlsAndTokens", {.tls = true, .password = true, .tokens = true}}),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace serve_clients_test
}  // namespace dray::testing
