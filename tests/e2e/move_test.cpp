// Images between registries and disk, beside skopeo: the same bytes, the same digests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace move_test {
namespace {

using ::testing::HasSubstr;

struct Door {
  const char* name;
  bool basic = false;
  bool tls = false;
};

/// Debian's registry behind a door of each kind, with an image of every format in it, put there by skopeo.
class Moves : public ::testing::TestWithParam<Door> {
 protected:
  Moves() : registry({.user = GetParam().basic ? "some one" : "", .password = "pa:ss wörd", .tls = GetParam().tls}) {
    if (GetParam().basic) dray.log_in(registry.host_port(), "some one", "pa:ss wörd");
    write_layout(source / "index", index, "v");
    write_layout(source / "image", image, "v");
  }

  [[nodiscard]] std::string at(std::string_view name) const { return registry.host_port() + "/" + std::string(name); }

  [[nodiscard]] Outcome run_dray(std::vector<std::string> words) const {
    if (GetParam().tls) words.insert(words.end(), {"--tls", registry.host_port(), "--cacert", registry.ca_file()});
    return dray(std::move(words));
  }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = run_dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  /// `skopeo copy --all` with the registry on the side that `side` names, `src` or `dest`.
  void skopeo_copy(const std::string& side, const std::string& from, const std::string& to) const {
    std::vector<std::string> words = {"copy", "--all", "--quiet", "--preserve-digests",
                                      "--" + side + "-tls-verify=false"};
    if (GetParam().basic) words.push_back("--" + side + "-creds=some one:pa:ss wörd");
    words.insert(words.end(), {from, to});
    const Outcome outcome = skopeo(words);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  [[nodiscard]] std::string source_layout(std::string_view name) const { return (source / name).string() + ":v"; }

  DockerRegistry registry;
  TempDir source;
  Dray dray;
  Index index = make_multi_platform(Format::oci);
  Image image = make_layered(3, 300'000, Format::docker);
};

TEST_P(Moves, PullWritesWhatSkopeoWrites) {
  skopeo_copy("dest", "oci:" + source_layout("index"), "docker://" + at("index:v"));
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("src", "docker://" + at("index:v"), "oci:" + (dray / "theirs").string() + ":v"));
  EXPECT_EQ(ok({"pull", at("index:v"), "oci:mine", "--jq", ".digest"}), index.manifest.digest + "\n");
  expect_same_blobs(dray / "mine", dray / "theirs");
  EXPECT_EQ(ok({"digest", at("index:v")}), index.manifest.digest + "\n");
}

TEST_P(Moves, SkopeoReadsWhatDrayPushed) {
  EXPECT_EQ(ok({"push", "oci:" + source_layout("index"), at("index:v"), "--jq", ".digest"}),
            index.manifest.digest + "\n");
  EXPECT_EQ(ok({"push", "oci:" + source_layout("image"), at("image:v"), "--jq", ".digest"}),
            image.manifest.digest + "\n");
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("src", "docker://" + at("index:v"), "oci:" + (dray / "index").string() + ":v"));
  expect_same_blobs(dray / "index", source / "index");
  // skopeo would turn Docker's types into OCI's in a layout; in a folder it keeps them.
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("src", "docker://" + at("image:v"), "dir:" + (dray / "image").string()));
  EXPECT_EQ(read_bytes(dray / "image/manifest.json"), *image.manifest.bytes);
}

TEST_P(Moves, SkopeoReadsALayoutThatDrayPulled) {
  ok({"push", "oci:" + source_layout("index"), at("index:v")});
  ok({"pull", at("index:v"), "oci:pulled:v"});
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("dest", "oci:" + (dray / "pulled").string() + ":v", "docker://" + at("again:v")));
  EXPECT_EQ(ok({"digest", at("again:v")}), index.manifest.digest + "\n");
}

INSTANTIATE_TEST_SUITE_P(Peers, Moves,
                         ::testing::Values(Door{"Open"}, Door{"Basic", true}, Door{"Tls", false, true},
                                           Door{"BasicTls", true, true}),
                         [](const auto& row) { return row.param.name; });

class Move : public ::testing::Test {
 protected:
  [[nodiscard]] std::string at(std::string_view name) const { return twin.host_port() + "/" + std::string(name); }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }

  McrTwin twin;
  Dray dray;
  Index hello = make_multi_platform(Format::oci);
};

TEST_F(Move, PullOfOnePlatformTakesThatAlone) {
  twin.add("hello", "latest", hello);
  const Image& chosen = hello.images[2];
  EXPECT_EQ(ok({"pull", at("hello"), "--platform", "linux/arm64", "--jq", ".digest"}), chosen.manifest.digest + "\n");
  EXPECT_EQ(files_below(dray / "hello/blobs").size(), 2 + chosen.layers.size());
  EXPECT_EQ(ok({"digest", "oci:hello:latest"}), chosen.manifest.digest + "\n");
}

TEST_F(Move, PullFetchesForeignLayersFromTheirUrls) {
  ok({"pull", at("windows/servercore:ltsc2019-amd64"), "oci:windows"});
  const Image& image = twin.servercore();
  for (const Layer& layer : image.layers) {
    EXPECT_EQ(read_bytes(blob_in_layout(dray / "windows", layer.blob.digest)), *layer.blob.bytes);
  }
  EXPECT_EQ(ok({"pull", at("windows/servercore:ltsc2019-amd64"), "oci:plan", "--dry-run", "--jq", ".blobs[].from"}),
            "source\nurls\nsource\n");
}

TEST_F(Move, RegistryThatDoesNotAllowForeignLayersIsExplained) {
  const DockerRegistry registry({.allow_foreign_urls = false});
  const auto to = registry.host_port() + "/servercore:1";
  const Outcome outcome = dray({"copy", at("windows/servercore:ltsc2019-amd64"), to});
  EXPECT_NE(outcome.status, 0);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("foreign layers"));
}

TEST_F(Move, DryRunMovesAndMakesNothing) {
  twin.add("hello", "latest", hello);
  const auto out = ok({"pull", at("hello"), "oci:hello", "--dry-run"});
  EXPECT_THAT(out, HasSubstr("Would go to"));
  EXPECT_THAT(out, HasSubstr(hello.images[0].layers[0].blob.digest));
  EXPECT_EQ(files_below(dray / "hello"), std::vector<std::string>{});
  EXPECT_EQ(twin.count(Route::cdn), 0);
}

TEST_F(Move, SecondPullFetchesNoBlob) {
  twin.add("hello", "latest", hello);
  ok({"pull", at("hello"), "oci:hello"});
  const auto before = twin.count(Route::cdn);
  EXPECT_EQ(ok({"pull", at("hello"), "oci:hello", "--jq", ".bytesTransferred"}), "0\n");
  EXPECT_EQ(twin.count(Route::cdn), before);
}

TEST_F(Move, CopyInsideARegistryMountsBlobs) {
  twin.add("hello", "latest", hello);
  EXPECT_EQ(ok({"copy", at("hello"), at("team/hello:1"), "--jq", ".digest, .bytesTransferred"}),
            hello.manifest.digest + "\n0\n");
  EXPECT_EQ(twin.count(Route::cdn), 0);
  EXPECT_EQ(ok({"digest", at("team/hello:1")}), hello.manifest.digest + "\n");
}

TEST_F(Move, CopyBetweenRegistriesKeepsDigests) {
  const McrTwin other;
  twin.add("hello", "latest", hello);
  const auto to = other.host_port() + "/hello:1";
  EXPECT_EQ(ok({"copy", at("hello"), to, "--jq", ".digest"}), hello.manifest.digest + "\n");
  EXPECT_EQ(ok({"copy", to, "oci:back:1", "--jq", ".digest"}), hello.manifest.digest + "\n");
  EXPECT_EQ(ok({"copy", "oci:back:1", "oci:again:1", "--jq", ".digest"}), hello.manifest.digest + "\n");
}

TEST_F(Move, PlainProgressIsALineForEachBlob) {
  const Image image = make_layered(3, 1000);
  twin.add("three", "1", image);
  const Outcome outcome = dray({"pull", at("three:1"), "oci:three", "--progress", "plain"});
  EXPECT_EQ(outcome.status, 0);
  for (const Layer& layer : image.layers) EXPECT_THAT(outcome.err, HasSubstr(layer.blob.digest.substr(7, 12)));
  EXPECT_EQ(dray({"pull", at("three:1"), "oci:four", "--progress", "none"}).err, "");
}

TEST_F(Move, AnonymousTokensAreFetchedAndUsed) {
  McrTwin guarded({.auth = {.kind = AuthKind::bearer}});
  guarded.add("hello", "latest", hello);
  EXPECT_EQ(ok({"pull", guarded.host_port() + "/hello", "oci:hello", "--jq", ".digest"}), hello.manifest.digest + "\n");
  EXPECT_GE(guarded.tokens_issued(), 1);
}

TEST_F(Move, TokenThatEndsOnTheWayIsRenewed) {
  McrTwin guarded({.auth = {.kind = AuthKind::bearer, .token_uses = 3}});
  guarded.add("many", "1", make_layered(12, 10'000));
  ok({"pull", guarded.host_port() + "/many:1", "oci:many"});
  EXPECT_GE(guarded.tokens_issued(), 3);
}

}  // namespace
}  // namespace move_test
}  // namespace dray::testing
