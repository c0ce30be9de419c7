// The cache of blobs over several runs of the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "program.hpp"
#include "served.hpp"
#include "support/docker_registry.hpp"
#include "support/image_maker.hpp"

namespace dray::testing {
namespace cache_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Cache : public ::testing::Test {
 protected:
  Cache() : served_(dray, dray / "registry") {
    dray.write("one.tar", make_tar({TarEntry{"etc/name", std::string(300'000, 'x')}}));
    ok({"append", image, "one.tar", "--platform", "linux/amd64", "--compress", "none"});
    dray.set_environment("DRAY_CACHE_DIR", (dray / "cache").string());
  }
  std::string ok(std::vector<std::string> words) const {
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  /// What the program asked for on its way.
  std::string traced(std::vector<std::string> words) const {
    words.emplace_back("--trace");
    const Outcome outcome = dray(std::move(words));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.err;
  }
  std::string count() const { return ok({"cache", "ls", "--jq", ".blobs | length"}); }

  Dray dray;

 private:
  Served served_;

 protected:
  const std::string image = served_.host_port() + "/app:1";
};

TEST_F(Cache, ASecondPullAsksForManifestsAlone) {
  EXPECT_THAT(traced({"pull", image, "oci:one:1"}), HasSubstr("/blobs/"));
  EXPECT_EQ(count(), "2\n");
  const auto second = traced({"pull", image, "oci:two:1"});
  EXPECT_THAT(second, HasSubstr("/manifests/1"));
  EXPECT_THAT(second, Not(HasSubstr("/blobs/")));
  expect_same_blobs(dray / "one", dray / "two");
}

TEST_F(Cache, ThereIsNoneUnlessSomebodyAsks) {
  dray.set_environment("DRAY_CACHE_DIR", std::nullopt);
  ok({"pull", image, "oci:one:1"});
  EXPECT_FALSE(std::filesystem::exists(dray.home() / ".cache"));
  ok({"pull", image, "oci:two:1", "--cache-dir", "auto"});
  EXPECT_EQ(files_below(dray.home() / ".cache/dray/blobs").size(), 3U);
  EXPECT_EQ(count(), "2\n");
  dray.set_environment("DRAY_CACHE_DIR", "auto");
  EXPECT_THAT(traced({"pull", image, "oci:three:1", "--cache-dir", "off"}), HasSubstr("/blobs/"));
}

TEST_F(Cache, MirrorsReadItToo) {
  ok({"pull", image, "oci:one:1"});
  dray.write("sync.yaml",
             "version: 1\nsync:\n  - source: " + image.substr(0, image.rfind(':')) + "\n    destination: oci:mirror\n");
  const auto synced = traced({"sync", "sync.yaml"});
  EXPECT_THAT(synced, HasSubstr("/manifests/1"));
  EXPECT_THAT(synced, Not(HasSubstr("/blobs/")));
  expect_same_blobs(dray / "one", dray / "mirror");
}

TEST_F(Cache, CopiesToOtherPlacesReadItToo) {
  ok({"pull", image, "oci:one:1"});
  EXPECT_THAT(traced({"copy", image, "dir:two"}), Not(HasSubstr("/blobs/")));
  const DockerRegistry other;
  const auto copied = traced({"copy", image, other.host_port() + "/app:1"});
  EXPECT_THAT(copied, Not(HasSubstr("GET "
                                    "http://" +
                                    image.substr(0, image.find('/')) + "/v2/app/blobs/")));
  EXPECT_THAT(traced({"config", image}), Not(HasSubstr("/blobs/")));
}

TEST_F(Cache, DamageIsMended) {
  ok({"pull", image, "oci:one:1"});
  for (const auto& file : files_below(dray / "cache/blobs")) write_bytes(dray / ("cache/blobs/" + file), "rubbish");
  EXPECT_THAT(traced({"pull", image, "oci:two:1"}), HasSubstr("/blobs/"));
  expect_same_blobs(dray / "one", dray / "two");
  EXPECT_THAT(traced({"pull", image, "oci:three:1"}), Not(HasSubstr("/blobs/")));
}

TEST_F(Cache, IsPruned) {
  ok({"pull", image, "oci:one:1"});
  EXPECT_EQ(ok({"cache", "prune", "--older-than", "1d", "--jq", ".removed | length"}), "0\n");
  EXPECT_EQ(ok({"cache", "prune", "--to-size", "100k", "--dry-run", "--jq", ".removed | length > 0"}), "true\n");
  EXPECT_EQ(count(), "2\n");
  EXPECT_EQ(ok({"cache", "prune", "--all", "--jq", ".keptBlobs"}), "0\n");
  EXPECT_EQ(count(), "0\n");
  ok({"pull", image, "oci:two:1", "--cache-size", "100k"});
  EXPECT_EQ(count(), "1\n") << "the layer is larger than the cache";
}

TEST_F(Cache, OneThatIsNotThereIsEmptyAndNotMade) {
  EXPECT_EQ(count(), "0\n");
  EXPECT_EQ(ok({"cache", "prune"}), "removed 0 blobs, 0 B; kept 0 blobs, 0 B\n");
  EXPECT_FALSE(std::filesystem::exists(dray / "cache"));
}

TEST_F(Cache, MistakesAreSaid) {
  dray.write("full/letter", "dear");
  struct Row {
    std::vector<std::string> words;
    int status;
  };
  for (const auto& row :
       {Row{{"pull", image, "oci:x:1", "--cache-size", "much"}, 2},
        Row{{"pull", image, "oci:x:1", "--cache-dir", "full"}, 2},
        Row{{"pull", image, "oci:x:1", "--cache-dir", ""}, 2}, Row{{"cache", "prune", "--all", "--to-size", "1G"}, 2},
        Row{{"cache", "prune", "--older-than", "x"}, 2}}) {
    const Outcome outcome = dray(row.words);
    EXPECT_EQ(outcome.status, row.status) << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  }
}

TEST_F(Cache, SeveralProgramsShareIt) {
  std::vector<std::unique_ptr<Process>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<Process>(dray.command({"pull", image, "oci:many" + std::to_string(i) + ":1"})));
  }
  for (const auto& one : all) {
    const Outcome outcome = one->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
  for (int i = 1; i < 4; ++i) expect_same_blobs(dray / "many0", dray / ("many" + std::to_string(i)));
  EXPECT_EQ(count(), "2\n");
}

}  // namespace
}  // namespace cache_test
}  // namespace dray::testing
