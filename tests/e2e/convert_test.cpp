// Images from one family of media types to the other: beside skopeo's conversion, there and back, and read by others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/hashing.hpp"
#include "support/http_server.hpp"
#include "support/image_maker.hpp"
#include "support/schema1.hpp"
#include "support/subprocess.hpp"

namespace dray::testing {
namespace convert_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Conversion : public ::testing::Test {
 protected:
  Conversion() {
    write_layout(dray / "oci", oci_image, "v");
    write_layout(dray / "docker", docker_image, "v");
    write_layout(dray / "index", index, "v");
  }

  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  [[nodiscard]] std::string place(const std::string& kind, const std::string& name) const {
    return kind + ":" + (dray / name).string();
  }
  void skopeo_copy(const std::string& format, const std::string& from, const std::string& to) const {
    const Outcome outcome = skopeo({"copy", "--quiet", "--format", format, from, to});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }
  [[nodiscard]] std::string of_manifest(const std::string& image, const std::string& expression) const {
    return ok({"manifest", "get", image, "--jq", expression});
  }

  static constexpr const char* types = ".mediaType, .config.mediaType, .layers[].mediaType";
  static constexpr const char* blobs = ".config.digest, .config.size, .layers[].digest, .layers[].size";

  Dray dray;
  Image oci_image = make_layered(2, 20'000, Format::oci);
  Image docker_image = make_layered(2, 20'000, Format::docker);
  Index index = make_multi_platform(Format::oci);
};

TEST_F(Conversion, ToDockerGivesTheTypesAndBlobsThatSkopeoGives) {
  ok({"convert", "oci:oci:v", "dir:mine", "--to", "docker"});
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("v2s2", place("oci", "oci") + ":v", place("dir", "theirs")));
  EXPECT_EQ(of_manifest("dir:mine", types), of_manifest("dir:theirs", types));
  EXPECT_EQ(of_manifest("dir:mine", blobs), of_manifest("dir:theirs", blobs));
}

TEST_F(Conversion, ToOciGivesTheTypesAndLayersThatSkopeoGives) {
  ok({"convert", "oci:docker:v", "dir:mine", "--to", "oci"});
  ok({"copy", "oci:docker:v", "dir:docker-dir"});  // skopeo finds no Docker manifest in an OCI layout
  ASSERT_NO_FATAL_FAILURE(skopeo_copy("oci", place("dir", "docker-dir"), place("dir", "theirs")));
  EXPECT_EQ(of_manifest("dir:mine", types), of_manifest("dir:theirs", types));
  EXPECT_EQ(of_manifest("dir:mine", ".layers[].digest"), of_manifest("dir:theirs", ".layers[].digest"));
  EXPECT_EQ(of_manifest("dir:mine", ".config.digest"), docker_image.config.digest + "\n") << "the image ID stays";
}

TEST_F(Conversion, ThereAndBackGivesTheFirstDigest) {
  ok({"convert", "oci:oci:v", "oci:work:docker", "--to", "docker"});
  EXPECT_EQ(ok({"convert", "oci:work:docker", "oci:work:oci", "--to", "oci", "--jq", ".digest"}),
            oci_image.manifest.digest + "\n");
  ok({"convert", "oci:docker:v", "oci:work:oci2", "--to", "oci"});
  EXPECT_EQ(ok({"convert", "oci:work:oci2", "oci:work:docker2", "--to", "docker", "--jq", ".digest"}),
            docker_image.manifest.digest + "\n");
  ok({"convert", "oci:index:v", "oci:work:list", "--to", "docker"});
  EXPECT_EQ(ok({"convert", "oci:work:list", "oci:work:index", "--to", "oci", "--jq", ".digest"}),
            index.manifest.digest + "\n");
}

TEST_F(Conversion, RegistriesTakeAListThatWasAnIndexAndOthersReadIt) {
  const DockerRegistry registry;
  const Served served(dray, dray / "registry");
  for (const auto& host : {registry.host_port(), served.host_port()}) {
    SCOPED_TRACE(host);
    const auto list = host + "/app:list";
    EXPECT_EQ(ok({"convert", "oci:index:v", list, "--to", "docker", "--jq", ".mediaType"}),
              "application/vnd.docker.distribution.manifest.list.v2+json\n");
    EXPECT_EQ(
        ok({"convert", list, host + "/back:1", "--to", "oci", "--jq", ".digest, (.blobs | map(.from) | unique[])"}),
        index.manifest.digest + "\nmount\n");
    const Outcome theirs = skopeo({"copy", "--all", "--quiet", "--preserve-digests", "--src-tls-verify=false",
                                   "docker://" + list, place("dir", "read")});
    EXPECT_EQ(theirs.status, 0) << theirs.err;
    EXPECT_EQ(ok({"digest", "dir:read"}), ok({"digest", list}));
  }
}

TEST_F(Conversion, UmociUnpacksWhatCameFromDocker) {
  const Image image = make_image();
  write_layout(dray / "small", image, "v");
  ok({"convert", "oci:small:v", "oci:made:v", "--to", "oci"});
  const Outcome unpacked = dray.shell("umoci raw unpack --rootless --image made:v tree && cat tree/hello");
  EXPECT_EQ(unpacked.out, "hello\n") << unpacked.err;
}

TEST_F(Conversion, TableShowsEachPartAndWarningsGoToStandardError) {
  const Outcome outcome = dray({"convert", "oci:oci:v", "oci:work:v", "--to", "docker"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("Made of"));
  EXPECT_THAT(outcome.out, HasSubstr(oci_image.manifest.digest));
  EXPECT_THAT(outcome.out, HasSubstr("WHAT CHANGED"));
  EXPECT_THAT(outcome.out, HasSubstr(oci_image.layers[1].blob.digest.substr(7, 12)));
  EXPECT_THAT(outcome.err, HasSubstr("dray: warning: the digest changed"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("warning")));
}

TEST_F(Conversion, JsonHasEachPartBeforeAndAfter) {
  const auto out = ok({"convert", "oci:oci:v", "oci:work:v", "--to", "docker", "--jq",
                       ".nodes[] | [.part, .fate, (.before.digest == .after.digest), .reasons[0]] | join(\" \")"});
  EXPECT_EQ(out,
            "manifest changed false Docker's media types\nconfig changed true media type\n"
            "layer changed true media type\nlayer changed true media type\n");
}

TEST_F(Conversion, AnnotationsAreDroppedAndNamed) {
  const Image image = make_image({.format = Format::oci, .annotations = {{"org.example.key", "x"}}});
  write_layout(dray / "noted", image, "v");
  const Outcome outcome = dray({"convert", "oci:noted:v", "oci:work:v", "--to", "docker"});
  EXPECT_THAT(outcome.err, HasSubstr("annotations of the manifest are dropped, as Docker's types have none: "
                                     "org.example.key"));
  EXPECT_THAT(ok({"manifest", "get", "oci:work:v"}), Not(HasSubstr("org.example.key")));
}

TEST_F(Conversion, DryRunTellsTheDigestsAndWritesNothing) {
  const auto digest = ok({"convert", "oci:oci:v", "oci:work:v", "--to", "docker", "--dry-run", "--jq", ".digest"});
  EXPECT_FALSE(std::filesystem::exists(dray / "work"));
  EXPECT_EQ(ok({"convert", "oci:oci:v", "oci:work:v", "--to", "docker", "--jq", ".digest"}), digest);
}

TEST_F(Conversion, CompressedAnewItIsTheSameEachTimeAndOthersReadIt) {
  const auto digest = ok({"convert", "oci:oci:v", "oci:work:one", "--compress", "zstd", "--jq", ".digest"});
  EXPECT_EQ(ok({"convert", "oci:oci:v", "oci:other:two", "--compress", "zstd", "--jobs", "1", "--jq", ".digest"}),
            digest);
  EXPECT_EQ(of_manifest("oci:work:one", ".layers[].mediaType | endswith(\"+zstd\")"), "true\ntrue\n");
  EXPECT_EQ(of_manifest("oci:work:one", ".config.digest"), oci_image.config.digest + "\n");
  const Outcome theirs =
      skopeo({"copy", "--quiet", "--preserve-digests", place("oci", "work") + ":one", place("dir", "read")});
  EXPECT_EQ(theirs.status, 0) << theirs.err;
  EXPECT_EQ(ok({"layers", "oci:work:one", "--jq", ".layers[].diffId"}),
            oci_image.layers[0].diff_id + "\n" + oci_image.layers[1].diff_id + "\n");
}

TEST_F(Conversion, ZstdBecomesGzipForDocker) {
  const Image image = make_image(
      {.format = Format::oci, .layers = {{.entries = {TarEntry{"hello", "hello\n"}}, .packing = Packing::zstd}}});
  write_layout(dray / "packed", image, "v");
  const DockerRegistry registry;
  const auto at = registry.host_port() + "/app:gzip";
  ok({"convert", "oci:packed:v", at, "--to", "docker", "--compress", "gzip"});
  EXPECT_EQ(of_manifest(at, ".layers[].mediaType"), "application/vnd.docker.image.rootfs.diff.tar.gzip\n");
  const Outcome theirs = skopeo(
      {"copy", "--quiet", "--format", "oci", "--src-tls-verify=false", "docker://" + at, place("oci", "read") + ":v"});
  EXPECT_EQ(theirs.status, 0) << theirs.err;
  const Outcome unpacked = dray.shell("umoci raw unpack --rootless --image read:v tree && cat tree/hello");
  EXPECT_EQ(unpacked.out, "hello\n") << unpacked.err;
}

TEST_F(Conversion, SkopeoRefusesZstdInDockersTypesAsTheWarningSays) {
  const Image image = make_image(
      {.format = Format::oci, .layers = {{.entries = {TarEntry{"hello", "hello\n"}}, .packing = Packing::zstd}}});
  write_layout(dray / "packed", image, "v");
  const Outcome outcome = dray({"convert", "oci:packed:v", "dir:odd", "--to", "docker"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("--compress gzip"));
  EXPECT_NE(skopeo({"copy", "--quiet", "--format", "oci", place("dir", "odd"), place("oci", "read") + ":v"}).status, 0);
}

TEST_F(Conversion, DryRunOfACompressionLeavesTheDigestOpen) {
  EXPECT_EQ(ok({"convert", "oci:oci:v", "oci:work:v", "--compress", "zstd", "--dry-run", "--jq",
                ".digest, ([.nodes[] | .fate] | join(\" \")), .nodes[0].after"}),
            "null\npending kept pending pending\nnull\n");
  EXPECT_THAT(ok({"convert", "oci:oci:v", "oci:work:v", "--compress", "zstd", "--dry-run"}),
              HasSubstr("2 layers to compress"));
  EXPECT_FALSE(std::filesystem::exists(dray / "work"));
}

TEST_F(Conversion, WrongWordsAreRefused) {
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"--to", "v1"},
                                                                 {"--to"},
                                                                 {"--compress", "xz"},
                                                                 {"--to", "oci", "--level", "3"},
                                                                 {"--compress", "zstd", "--level", "x"},
                                                                 {"--compress", "zstd", "--level", "20"},
                                                                 {"--compress", "none", "--level", "1"}}) {
    std::vector<std::string> line{"convert", "oci:oci:v", "oci:work:v"};
    line.insert(line.end(), words.begin(), words.end());
    const Outcome outcome = dray(line);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(dray / "work"));
}

// Schema 1

/// A registry of old that has one image, as a signed schema 1 manifest, and under `unsigned` without its signature:
/// skopeo would hold it to a real key.
class OldRegistry {
 public:
  explicit OldRegistry(const Image& image)
      : schema1_(make_schema1("old/app", "1", "amd64", {image.layers[0].blob.digest, image.layers[1].blob.digest})),
        layers_(image.layers),
        server_([this](const ServerRequest& request, Responder& responder) { answer(request.path(), responder); }) {}
  [[nodiscard]] std::string image(const std::string& tag = "signed") const {
    return server_.host_port() + "/old/app:" + tag;
  }

 private:
  void answer(std::string_view path, Responder& responder) const {
    if (path == "/v2/") return responder.send(200, {}, "{}");
    const std::string type = "application/vnd.docker.distribution.manifest.v1+";
    if (path.ends_with("/manifests/unsigned")) {
      const auto payload = schema1_.bytes.substr(0, schema1_.bytes.find(",\n   \"signatures\"")) + "\n}";
      return responder.send(200, {{"Content-Type", type + "json"}}, payload);
    }
    if (path.find("/manifests/") != path.npos) {
      return responder.send(200, {{"Content-Type", type + "prettyjws"}}, schema1_.bytes);
    }
    for (const auto& layer : layers_) {
      if (path.ends_with(layer.blob.digest)) return responder.send(200, {}, *layer.blob.bytes);
    }
    responder.send(404);
  }

  Schema1 schema1_;
  std::vector<Layer> layers_;
  HttpServer server_;
};

TEST_F(Conversion, Schema1GetsTheConfigAndLayersThatSkopeoGives) {
  const OldRegistry registry(docker_image);
  EXPECT_THAT(dray({"copy", registry.image(), "oci:copied:v"}).err, HasSubstr("dray convert"));
  ok({"convert", registry.image(), "dir:mine", "--to", "docker"});
  const Outcome theirs = skopeo({"copy", "--quiet", "--src-tls-verify=false", "--format", "v2s2",
                                 "docker://" + registry.image("unsigned"), place("dir", "theirs")});
  ASSERT_EQ(theirs.status, 0) << theirs.err;
  EXPECT_EQ(of_manifest("dir:mine", types), of_manifest("dir:theirs", types));
  EXPECT_EQ(of_manifest("dir:mine", blobs), of_manifest("dir:theirs", blobs));
  ok({"convert", registry.image(), "oci:read:v", "--to", "oci"});
  const Outcome unpacked = run({.words = {"umoci", "unpack", "--rootless", "--image", (dray / "read").string() + ":v",
                                          (dray / "bundle").string()}});
  EXPECT_EQ(unpacked.status, 0) << unpacked.err;
}

}  // namespace
}  // namespace convert_test
}  // namespace dray::testing
