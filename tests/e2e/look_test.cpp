// The commands that look, against the twin: every form of output, on the fixtures and on images of their shape.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "program.hpp"
#include "support/hashing.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace look_test {
namespace {

namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string runtime_image = "sha256:9455ca49f5a77ada94eea95dc3cbe86d608ced5efbaa9dcbb9778fcfa6cd0b90";
const std::string runtime_layer = "sha256:f7e2b70d04ae3f516c08c24d88de0f82699aaf3ee98af6eb208bd234136142b4";

std::string fixture(std::string_view name) {
  return read_bytes(std::filesystem::path(DRAY_TESTDATA_DIR) / "fixtures" / name);
}

class Look : public ::testing::Test {
 protected:
  Look() {
    twin.add("app", "1", app);
    twin.add("hello", "latest", hello);
  }

  [[nodiscard]] std::string image(std::string_view name) const { return twin.host_port() + "/" + std::string(name); }

  /// Standard output of a run that must succeed and say nothing on standard error.
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  McrTwin twin;
  Dray dray;
  Image app = make_image({.format = Format::oci,
                          .layers = {LayerSpec{{TarEntry{"a", "a\n"}}}, LayerSpec{{TarEntry{"b", "b\n"}}}},
                          .labels = {{"org.example.version", "1"}}});
  Index hello = make_multi_platform(Format::oci);
};

TEST_F(Look, InspectShowsEveryPlatformOfAnIndex) {
  const auto out = ok({"inspect", image("hello")});
  EXPECT_THAT(out, HasSubstr("image index (OCI)"));
  EXPECT_THAT(out, HasSubstr(hello.manifest.digest));
  for (const Image& member : hello.images) EXPECT_THAT(out, HasSubstr(member.manifest.digest));
  for (const char* text : {"linux/amd64", "linux/arm/v7", "linux/arm64", "10.0.17134.648", "10.0.17763.379"}) {
    EXPECT_THAT(out, HasSubstr(text));
  }
}

TEST_F(Look, InspectCountsSharedBlobsOnce) {
  const auto out = json::parse(ok({"inspect", image("hello"), "--format", "json"})).as_object();
  std::uint64_t sum = 0;
  std::map<std::string, std::uint64_t> blobs;
  const auto count = [&](const Blob& blob) {
    sum += blob.size();
    blobs[blob.digest] = blob.size();
  };
  for (const Image& member : hello.images) {
    count(member.config);
    for (const Layer& layer : member.layers) count(layer.blob);
  }
  std::uint64_t unique = 0;
  for (const auto& [digest, size] : blobs) unique += size;
  ASSERT_LT(unique, sum);
  EXPECT_EQ(out.at("sumSize").to_number<std::uint64_t>(), sum);
  EXPECT_EQ(out.at("uniqueSize").to_number<std::uint64_t>(), unique);
}

TEST_F(Look, InspectShowsAnImage) {
  const auto out = ok({"inspect", image("app:1")});
  for (const auto& text : {app.manifest.digest, app.config.digest, app.layers[0].blob.digest, app.layers[1].blob.digest,
                           std::string("linux/amd64"), std::string("/hello"), std::string("org.example.version")}) {
    EXPECT_THAT(out, HasSubstr(text));
  }
  EXPECT_EQ(ok({"inspect", image("app:1"), "--jq", ".kind"}), "image\n");
  EXPECT_EQ(ok({"inspect", image("hello"), "--platform", "linux/arm64", "--jq", ".digest"}),
            hello.images[2].manifest.digest + "\n");
}

TEST_F(Look, RawIsWhatTheRegistryKeeps) {
  EXPECT_EQ(ok({"inspect", image("dotnet/core/runtime:3.0"), "--format", "raw"}),
            fixture("mcr/dotnet-core-runtime-3.0.list.json"));
  EXPECT_EQ(ok({"manifest", "get", image("dotnet/core/runtime@" + runtime_image), "--format", "raw"}),
            fixture("mcr/dotnet-core-runtime-3.0.linux-amd64.manifest.json"));
  EXPECT_EQ(ok({"config", image("app:1"), "--format", "raw"}), *app.config.bytes);
}

TEST_F(Look, QuickInspectIsOneRequest) {
  const auto before = twin.registry().request_count();
  EXPECT_THAT(ok({"inspect", image("dotnet/core/runtime:3.0"), "--quick"}), HasSubstr("10.0.16299.1029"));
  EXPECT_EQ(twin.registry().request_count(), before + 1);
}

TEST_F(Look, TagsAreListedCountedAndGivenAsJson) {
  EXPECT_EQ(ok({"tags", image("dotnet/runtime"), "--count"}), "1995\n");
  EXPECT_EQ(ok({"tags", image("app")}), "1\n");
  EXPECT_EQ(ok({"tags", image("app"), "--jq", ".tags[]"}), "1\n");
  twin.set_paging({.page_size = 100});
  EXPECT_EQ(ok({"tags", image("dotnet/runtime"), "--jq", ".tags | length"}), "1995\n");
}

TEST_F(Look, CatalogListsRepositories) {
  EXPECT_THAT(ok({"catalog", twin.host_port()}), HasSubstr("dotnet/core/runtime\n"));
  EXPECT_THAT(ok({"catalog", twin.host_port(), "--jq", ".repositories[]"}), HasSubstr("app\n"));
}

TEST_F(Look, DigestAsksByHeadAlone) {
  twin.registry().forget_requests();
  EXPECT_EQ(ok({"digest", image("app:1")}), app.manifest.digest + "\n");
  ASSERT_EQ(twin.registry().request_count(), 1U);
  EXPECT_EQ(twin.registry().requests().front().method, "HEAD");
  EXPECT_EQ(ok({"digest", image("hello"), "--platform", "linux/arm/v7"}), hello.images[1].manifest.digest + "\n");
  EXPECT_EQ(ok({"manifest", "head", image("app:1"), "--jq", ".size"}), std::to_string(app.manifest.size()) + "\n");
}

TEST_F(Look, ResolveSaysWhichImageAndWhy) {
  const auto out = ok({"resolve", image("hello"), "--platform", "linux/arm64"});
  EXPECT_THAT(out, HasSubstr(image("hello@" + hello.images[2].manifest.digest)));
  EXPECT_THAT(out, HasSubstr(hello.manifest.digest));
  EXPECT_EQ(ok({"resolve", image("hello"), "--platform", "windows/amd64:10.0.17134", "--jq", ".digest"}),
            hello.images[3].manifest.digest + "\n");
}

TEST_F(Look, ConfigAndLayersShowWhatLiesDeeper) {
  EXPECT_EQ(ok({"config", image("app:1"), "--jq", ".config.Entrypoint[0]"}), "/hello\n");
  const auto table = ok({"layers", image("app:1")});
  const auto rows = json::parse(ok({"layers", image("app:1"), "--format", "json"})).at("layers").as_array();
  ASSERT_EQ(rows.size(), 2U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].at("digest").as_string(), app.layers[i].blob.digest);
    EXPECT_EQ(rows[i].at("diffId").as_string(), app.layers[i].diff_id);
    EXPECT_THAT(table, AllOf(HasSubstr(app.layers[i].blob.digest), HasSubstr(app.layers[i].diff_id)));
  }
}

TEST_F(Look, BlobsAreFetchedCheckedAndLocated) {
  const auto& layer = app.layers[0].blob;
  EXPECT_EQ(ok({"blob", "get", image("app@" + layer.digest)}), *layer.bytes);
  EXPECT_EQ(ok({"blob", "get", image("app@" + layer.digest), "-o", "layer"}), "");
  EXPECT_EQ(read_bytes(dray / "layer"), *layer.bytes);
  EXPECT_EQ(ok({"blob", "head", image("app@" + layer.digest), "--jq", ".size"}), std::to_string(layer.size()) + "\n");
  const auto out = ok({"blob", "locate", image("dotnet/core/runtime@" + runtime_layer)});
  EXPECT_THAT(out, HasSubstr("2019-03-15T00:29:41Z (over)"));
  EXPECT_THAT(out, Not(HasSubstr("sig=y")));
  EXPECT_THAT(ok({"blob", "locate", image("dotnet/core/runtime@" + runtime_layer), "--show-secrets"}),
              HasSubstr("&sig="));
}

TEST_F(Look, ApiGivesBodiesAndHeads) {
  EXPECT_EQ(json::parse(ok({"api", "GET", image("v2/app/tags/list")})).at("tags").as_array().size(), 1U);
  EXPECT_EQ(ok({"api", "GET", image("v2/app/tags/list"), "--jq", ".name"}), "app\n");
  EXPECT_EQ(dray({"api", "GET", image("v2/app/blobs/" + app.layers[0].blob.digest), "--jq", "."}).status, 2);
  const auto head = ok({"api", "HEAD", image("v2/app/manifests/1"), "-i", "-H", "Accept: " + app.manifest.media_type});
  EXPECT_THAT(head, StartsWith("HTTP 200\n"));
  EXPECT_THAT(head, HasSubstr(app.manifest.digest));
  const auto redirect = ok({"api", "GET", image("v2/app/blobs/" + app.layers[0].blob.digest), "-i", "--no-follow"});
  EXPECT_THAT(redirect, StartsWith("HTTP 307\n"));
  EXPECT_EQ(ok({"api", "GET", image("v2/app/blobs/" + app.layers[0].blob.digest)}), *app.layers[0].blob.bytes);
}

TEST_F(Look, Schema1IsNamed) {
  const auto answer = ok({"api", "GET", image("v2/windows/servercore/manifests/ltsc2019-amd64"), "-H", "Accept: */*"});
  EXPECT_THAT(answer, HasSubstr("fsLayers"));
}

TEST_F(Look, LayoutsAnswerLikeRegistries) {
  write_layout(dray / "layout", hello, "v1");
  EXPECT_EQ(ok({"digest", "oci:layout:v1"}), hello.manifest.digest + "\n");
  EXPECT_EQ(ok({"digest", "oci:layout"}), hello.manifest.digest + "\n");
  EXPECT_EQ(ok({"tags", "oci:layout"}), "v1\n");
  EXPECT_EQ(ok({"resolve", "oci:layout:v1", "--platform", "linux/arm64", "--jq", ".digest"}),
            hello.images[2].manifest.digest + "\n");
  EXPECT_THAT(ok({"layers", "oci:layout:v1", "--platform", "linux/arm64"}),
              HasSubstr(hello.images[2].layers[0].diff_id));
}

TEST_F(Look, TraceTellsEachRequestOnStandardError) {
  const Outcome outcome = dray({"blob", "get", image("app@" + app.layers[0].blob.digest), "--trace", "-o", "layer"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("> GET " + twin.origin() + "/v2/app/blobs/"));
  EXPECT_THAT(outcome.err, HasSubstr("* 307 leads to " + twin.content_origin()));
  EXPECT_THAT(outcome.err, HasSubstr("< 200 GET " + twin.content_origin()));
}

}  // namespace
}  // namespace look_test
}  // namespace dray::testing
