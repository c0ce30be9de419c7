// Input that must be refused: one clear sentence, the documented exit status, nothing left half-written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "program.hpp"
#include "support/docker_registry.hpp"
#include "support/hashing.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace hostile_test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

struct Refusal {
  const char* name;
  std::function<void(McrTwin&, const Image&)> prepare;
  int status;
  const char* says;
  bool may_go_on = false;  ///< What came may stay, for the next try to go on.
};

Image small_image() {
  ImageSpec spec;
  spec.layers = {LayerSpec{{TarEntry{"a", "a\n"}}}, LayerSpec{.random_size = 200'000}};
  return make_image(spec);
}

void serve_document(McrTwin& twin, const Image& image, std::string document) {
  twin.add("bad", "", image);
  twin.add_manifest("bad", "1", image.manifest.media_type, std::move(document));
}

void serve_with_fault(McrTwin& twin, const Image& image, Route route, Fault fault) {
  twin.add("bad", "1", image);
  twin.fault({.route = route, .fault = std::move(fault), .times = 0});
}

/// No tag, no blob that is not what its name says, and no bytes that failed their check.
void expect_nothing_half_written(const Dray& dray, const std::filesystem::path& layout, bool may_go_on) {
  for (const auto& file : files_below(layout / "blobs/sha256")) {
    EXPECT_EQ(digest_of(read_bytes(layout / "blobs/sha256" / file)), "sha256:" + file);
  }
  if (!may_go_on) {
    EXPECT_THAT(files_below(layout), Each(Not(HasSubstr("partial"))));
  }
  EXPECT_EQ(dray({"digest", "oci:" + layout.filename().string() + ":1"}).status, 3);
}

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, WithItsStatusAndOneSentence) {
  McrTwin twin;
  const Dray dray;
  GetParam().prepare(twin, small_image());
  const Outcome outcome = dray({"pull", twin.host_port() + "/bad:1", "oci:out:1"});
  EXPECT_EQ(outcome.status, GetParam().status) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
  expect_nothing_half_written(dray, dray / "out", GetParam().may_go_on);
}

const Refusal refusals[] = {
    {"WrongDigest",
     [](McrTwin& twin, const Image& image) { serve_with_fault(twin, image, Route::cdn, faults::corrupt_byte(10)); }, 5,
     "sha256:"},
    {"WrongSize",
     [](McrTwin& twin, const Image& image) { serve_document(twin, image, hostile::wrong_layer_size(image, 1, 77)); }, 5,
     "77"},
    {"BodyThatAlwaysEndsEarly",
     [](McrTwin& twin, const Image& image) { serve_with_fault(twin, image, Route::cdn, faults::cut_after(0)); }, 6,
     "blob", true},
    {"LayersAndManifests",
     [](McrTwin& twin, const Image& image) { serve_document(twin, image, hostile::both_layers_and_manifests(image)); },
     2, "manifests"},
    {"DuplicateKeys",
     [](McrTwin& twin, const Image& image) { serve_document(twin, image, hostile::duplicate_keys(image)); }, 2,
     "layers"},
    {"ManifestOfFiveMebibytes",
     [](McrTwin& twin, const Image& image) { serve_document(twin, image, hostile::padded_to(image, 5 << 20)); }, 8,
     "4194304"},
    {"RedirectLoop",
     [](McrTwin& twin, const Image& image) {
       serve_with_fault(twin, image, Route::blob, faults::redirect("/v2/bad/blobs/" + image.layers[0].blob.digest));
     },
     1, "go round in a circle"},
    {"EndlessRedirects",
     [](McrTwin& twin, const Image& image) {
       twin.add("bad", "1", image);
       for (int i = 0; i < 40; ++i) {
         twin.fault(
             {.route = Route::any,
              .fault = faults::redirect("/v2/bad/blobs/" + image.layers[0].blob.digest + "?again=" + std::to_string(i)),
              .times = 1,
              .skip = i,
              .containing = image.layers[0].blob.digest});
       }
     },
     8, "10"},
    {"NoSuchTag", [](McrTwin&, const Image&) {}, 3, "bad"},
    {"RegistryThatFails",
     [](McrTwin& twin, const Image& image) { serve_with_fault(twin, image, Route::manifest, faults::status(503)); }, 6,
     "503"},
    {"NotAuthorised",
     [](McrTwin& twin, const Image& image) { serve_with_fault(twin, image, Route::manifest, faults::status(403)); }, 4,
     "403"},
    {"BlobThatIsNotThere",
     [](McrTwin& twin, const Image& image) {
       twin.add("bad", "1", image);
       twin.state().remove_blob("bad", image.layers[1].blob.digest);
     },
     3, "blob"},
};

INSTANTIATE_TEST_SUITE_P(Hostile, Refused, ::testing::ValuesIn(refusals),
                         [](const auto& row) { return row.param.name; });

TEST(RefusedPlace, PullOfANameThatStandsForNothingMakesNoFolder) {
  McrTwin twin;
  const Dray dray;
  EXPECT_EQ(dray({"pull", twin.host_port() + "/bad:1", "oci:out:1"}).status, 3);
  EXPECT_FALSE(std::filesystem::exists(dray / "out"));
}

TEST(RefusedPlace, DestinationThatMayBeARegistryIsNoFolder) {
  McrTwin twin;
  const Dray dray;
  for (const char* destination : {"localhost:5000/app", "folder:tag"}) {
    const Outcome outcome = dray({"pull", twin.host_port() + "/hello", destination});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("dray copy"));
    EXPECT_FALSE(std::filesystem::exists(dray / destination));
  }
}

TEST(RefusedPlace, DestinationWithADigestThatTheSourceHasNot) {
  McrTwin twin;
  const Dray dray;
  const Image image = small_image();
  twin.add("bad", "1", image);
  const std::string other = "sha256:" + std::string(64, '0');
  const auto copy_to = [&](const std::string& destination) {
    return dray({"copy", twin.host_port() + "/bad:1", destination});
  };
  for (const auto& destination : {"oci:out@" + other, twin.host_port() + "/copied@" + other}) {
    const Outcome outcome = copy_to(destination);
    EXPECT_EQ(outcome.status, 5) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(image.manifest.digest));
  }
  EXPECT_FALSE(std::filesystem::exists(dray / "out"));
  EXPECT_EQ(copy_to(twin.host_port() + "/copied@" + image.manifest.digest).status, 0);
}

class Hostile : public ::testing::Test {
 protected:
  McrTwin twin;
  Dray dray;
  Image image = small_image();
};

TEST_F(Hostile, EndlessPagesEndAtALimit) {
  twin.add("app", "1", image);
  twin.set_paging({.page_size = 10, .mode = Paging::Mode::endless});
  for (const std::vector<std::string>& words : {std::vector<std::string>{"tags", twin.host_port() + "/app"},
                                                std::vector<std::string>{"catalog", twin.host_port()}}) {
    const Outcome outcome = dray(words);
    EXPECT_EQ(outcome.status, 8) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
}

TEST_F(Hostile, PageThatLeadsToItselfIsRefused) {
  twin.set_paging({.page_size = 100, .mode = Paging::Mode::itself});
  const Outcome outcome = dray({"tags", twin.host_port() + "/dotnet/runtime"});
  EXPECT_NE(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST_F(Hostile, UnknownPlatformNamesThoseThatExist) {
  for (const char* command : {"pull", "inspect", "resolve", "digest", "config", "layers"}) {
    const Outcome outcome = dray({command, twin.host_port() + "/dotnet/runtime:7.0", "--platform", "plan9/mips"});
    EXPECT_EQ(outcome.status, 3) << command;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    for (const char* platform : {"plan9/mips", "linux/amd64", "linux/arm/v7", "linux/arm64", "10.0.17763.3532"}) {
      EXPECT_THAT(outcome.err, HasSubstr(platform)) << command;
    }
  }
}

TEST_F(Hostile, BodyThatIsCutIsFetchedToItsEnd) {
  twin.add("app", "1", image);
  twin.fault({.route = Route::cdn,
              .fault = faults::cut_after(100),
              .times = 2,
              .containing = image.layers[1].blob.digest.substr(7)});
  const Outcome outcome = dray({"pull", twin.host_port() + "/app:1", "oci:out"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(read_bytes(blob_in_layout(dray / "out", image.layers[1].blob.digest)), *image.layers[1].blob.bytes);
}

TEST_F(Hostile, BusyRegistryIsAskedAgain) {
  twin.add("app", "1", image);
  twin.fault({.route = Route::manifest, .fault = faults::retry_after(429, 1)});
  EXPECT_EQ(dray({"digest", twin.host_port() + "/app:1"}).status, 0);
}

TEST_F(Hostile, NobodyListensIsUnavailable) {
  const auto host = twin.host_port();
  twin.registry().stop();
  const Outcome outcome = dray({"digest", host + "/app:1"});
  EXPECT_EQ(outcome.status, 6) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("(Connection refused); does it run there"));
}

TEST_F(Hostile, WrongPasswordIsNotAuthorised) {
  const DockerRegistry registry({.user = "user", .password = "right"});
  for (const bool wrong : {false, true}) {
    if (wrong) dray.log_in(registry.host_port(), "user", "wrong");
    const Outcome outcome = dray({"digest", registry.host_port() + "/app:1"});
    EXPECT_EQ(outcome.status, 4) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
}

TEST_F(Hostile, UntrustedCertificateIsRefused) {
  McrTwin tls({.tls = true});
  const std::vector<std::string> words = {"digest", tls.host_port() + "/dotnet/runtime:7.0", "--tls", tls.host_port()};
  const Outcome outcome = dray(words);
  EXPECT_NE(outcome.status, 0);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  auto trusting = words;
  trusting.insert(trusting.end(), {"--cacert", tls.ca_file()});
  EXPECT_EQ(dray(trusting).status, 0);
  auto careless = words;
  careless.emplace_back("--insecure");
  EXPECT_EQ(dray(careless).status, 0);
}

TEST_F(Hostile, DeviceThatIsFullIsNoSpace) {
  const Outcome outcome = dray.shell("dray tags " + twin.host_port() + "/dotnet/runtime >/dev/full");
  EXPECT_EQ(outcome.status, 8) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST_F(Hostile, PinnedDigestIsComparedWithWhatCame) {
  twin.add("bad", "", image);
  twin.add_manifest("bad", "1", image.manifest.media_type, *image.manifest.bytes + " ", image.manifest.digest);
  for (const char* command : {"pull", "inspect", "digest"}) {
    const Outcome outcome = dray({command, twin.host_port() + "/bad@" + image.manifest.digest});
    if (std::string_view(command) == "digest" && outcome.status == 0) continue;  // HEAD alone shows no bytes
    EXPECT_EQ(outcome.status, 5) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
  EXPECT_THAT(files_below(dray / "bad"), Each(Not(HasSubstr("sha256"))));
}

/// Pulls into a small file system of its own, and prints what is there afterwards; nothing where that cannot be had.
std::optional<Outcome> pull_into_small_disk(const Dray& dray, const std::string& limits, const std::string& image) {
  const std::string apart = "unshare --map-root-user --mount bash -c ";
  const std::string mount = "mkdir -p full && mount -t tmpfs -o " + limits + " tmpfs full";
  if (dray.shell(apart + "'" + mount + "'").status != 0) return std::nullopt;
  return dray.shell(apart + "'" + mount + "; dray pull " + image +
                    " oci:full:1; s=$?; dray tags oci:full 2>&1; find full -name \"*partial*\"; exit $s'");
}

TEST_F(Hostile, DiskThatIsTooSmallIsNoSpaceBeforeAnythingIsFetched) {
  twin.add("large", "1", make_layered(2, 3'000'000));
  const auto outcome = pull_into_small_disk(dray, "size=1m", twin.host_port() + "/large:1");
  if (!outcome) GTEST_SKIP() << "no private mounts here";
  EXPECT_EQ(outcome->status, 8) << outcome->err;
  EXPECT_EQ(outcome->out, "");
  EXPECT_TRUE(is_one_sentence(outcome->err)) << outcome->err;
  EXPECT_THAT(outcome->err, HasSubstr("make room"));
  EXPECT_EQ(twin.count(Route::cdn), 0);
}

TEST_F(Hostile, DiskThatFillsUpOnTheWayIsNoSpaceAndLeavesNoImage) {
  twin.add("many", "1", make_layered(40, 1000));
  const auto outcome = pull_into_small_disk(dray, "size=10m,nr_inodes=24", twin.host_port() + "/many:1");
  if (!outcome) GTEST_SKIP() << "no private mounts here";
  EXPECT_EQ(outcome->status, 8) << outcome->err;
  EXPECT_EQ(outcome->out, "");
  EXPECT_TRUE(is_one_sentence(outcome->err)) << outcome->err;
  EXPECT_THAT(outcome->err, HasSubstr("No space left"));
}

TEST_F(Hostile, ReaderThatGoesAwayEndsQuietly) {
  const Outcome outcome = dray.shell("dray tags " + twin.host_port() + "/dotnet/runtime | head -n 1");
  EXPECT_EQ(outcome.out, "7.0\n");
  // More than a pipe holds, and a reader that takes nothing.
  const auto large = make_layered(1, 1'000'000);
  twin.add("large", "1", large);
  const auto& layer = large.layers[0].blob;
  const Outcome broken =
      dray.shell("set -o pipefail; dray blob get " + twin.host_port() + "/large@" + layer.digest + " | true");
  EXPECT_EQ(broken.status, 130);
  EXPECT_EQ(broken.err, "");
}

TEST_F(Hostile, ClosedStandardOutputIsAFailure) {
  const Outcome outcome = dray.shell("dray tags " + twin.host_port() + "/dotnet/runtime >&-");
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("write standard output: Bad file descriptor"));
}

TEST_F(Hostile, ClosedStreamsLeaveTheirNumbersToNoFile) {
  twin.add("app", "1", image);
  EXPECT_EQ(dray.shell("dray pull " + twin.host_port() + "/app:1 oci:out:1 <&- 2>&-").status, 0);
  EXPECT_EQ(dray({"digest", "oci:out:1"}).out, image.manifest.digest + "\n");
}

TEST_F(Hostile, TerminalIsNotWrittenToByARegistry) {
  twin.fault({.route = Route::manifest,
              .fault = faults::status(400, {{"Content-Type", "application/json"}},
                                      R"({"errors":[{"code":"X","message":"\u001b[2Jgone\nnext"}]})")});
  const Outcome outcome = dray({"digest", twin.host_port() + "/app:1"});
  EXPECT_THAT(outcome.err, Not(HasSubstr("\x1b")));
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

}  // namespace
}  // namespace hostile_test
}  // namespace dray::testing
