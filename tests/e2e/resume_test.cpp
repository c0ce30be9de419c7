// Pulls that are interrupted, killed, or carried by a line that keeps breaking: they end right, and what came once does
// not come again. The proxy before the registry counts the bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>
#include <thread>

#include "program.hpp"
#include "support/fault_proxy.hpp"
#include "support/hashing.hpp"
#include "support/mcr_twin.hpp"

namespace dray::testing {
namespace resume_test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::uint64_t mebibyte = 1 << 20;

Image image_of(std::uint64_t size) {
  ImageSpec spec;
  spec.layers = {LayerSpec{.random_size = size, .packing = Packing::none}};
  return make_image(spec);
}

/// A registry that serves its blobs itself, behind a line.
class Resume : public ::testing::Test {
 protected:
  void serve(std::uint64_t layer_size, const LineOptions& line) {
    image = image_of(layer_size);
    twin.add("big", "1", image);
    proxy = std::make_unique<FaultProxy>(twin.host_port(), line);
  }

  [[nodiscard]] Command pull(const std::string& to) const {
    return dray.command({"pull", proxy->host_port() + "/big:1", "oci:" + to + ":1", "--progress", "none"});
  }

  void expect_whole(const std::string& layout) const {
    for (const Layer& layer : image.layers) {
      EXPECT_EQ(digest_of(read_bytes(blob_in_layout(dray / layout, layer.blob.digest))), layer.blob.digest);
    }
    EXPECT_EQ(dray({"digest", "oci:" + layout + ":1"}).out, image.manifest.digest + "\n");
    for (const auto& file : files_below(dray / layout)) EXPECT_EQ(file.find("partial"), std::string::npos) << file;
  }

  McrTwin twin{TwinOptions{.redirect_blobs = false}};
  Dray dray;
  Image image;
  std::unique_ptr<FaultProxy> proxy;
};

// What one connection may lose when its process ends: bytes that are not in the journal yet, and those on their way
// through the sockets' buffers.
constexpr std::uint64_t loss_per_connection = 256 * 1024 + 512 * 1024;

TEST_F(Resume, InterruptedPullEndsWith130AndGoesOnLater) {
  serve(24 * mebibyte, {.bytes_per_second = 8 * mebibyte});
  {
    Process process(pull("out"));
    while (process.running() && proxy->counters().down_bytes < 6 * mebibyte) std::this_thread::sleep_for(1ms);
    process.kill(SIGINT);
    const Outcome outcome = process.wait(10s);
    EXPECT_EQ(outcome.status, 130) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("run the same command again"));
  }
  EXPECT_EQ(dray({"digest", "oci:out:1"}).status, 3);
  const auto first = proxy->counters();
  EXPECT_EQ(run(pull("out")).status, 0);
  expect_whole("out");
  const auto bound = image.layers[0].blob.size() + static_cast<std::uint64_t>(first.connections) * loss_per_connection;
  EXPECT_LE(proxy->counters().down_bytes, bound);
}

/// The folder is there whole or not at all, and what had come is not fetched again.
TEST_F(Resume, UnpackingThatIsKilledTwentyTimesGoesOnAndShowsNoHalfTree) {
  constexpr int kills_wanted = 20;
  serve(24 * mebibyte, {.bytes_per_second = 8 * mebibyte});
  std::mt19937 random(20190316);
  std::uint64_t lossy_connections = 0;
  int kills = 0;
  while (true) {
    const auto opened = proxy->counters().connections;
    Process process(dray.command(
        {"unpack", proxy->host_port() + "/big:1", "tree", "--progress", "none", "--platform", "linux/amd64"}));
    if (kills < kills_wanted) {
      // The moment of the kill: anywhere in a run, no wait for something to happen.
      std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<>(10, 150)(random)));
      process.kill(SIGKILL);
    }
    const Outcome outcome = process.wait();
    if (outcome.status == 0) break;
    ASSERT_LT(kills, kills_wanted) << outcome.err;
    ++kills;
    lossy_connections += static_cast<std::uint64_t>(proxy->counters().connections - opened);
    EXPECT_FALSE(std::filesystem::exists(dray / "tree"));
  }
  EXPECT_GT(kills, 5);
  EXPECT_EQ(std::filesystem::file_size(dray / "tree/random.bin"), 24 * mebibyte);
  EXPECT_FALSE(std::filesystem::exists(dray / ".tree.dray-unpack"));
  EXPECT_LE(proxy->counters().down_bytes, image.layers[0].blob.size() +
                                              static_cast<std::uint64_t>(kills + 1) * 64 * 1024 +
                                              lossy_connections * loss_per_connection);
}

TEST_F(Resume, KilledFiftyTimesFetchesNoFinishedRangeAgain) {
  constexpr int kills_wanted = 50;
  serve(24 * mebibyte, {.bytes_per_second = 8 * mebibyte});
  std::mt19937 random(20190315);
  int kills = 0;
  int pulls = 0;
  while (kills < kills_wanted) {
    const auto layout = "out" + std::to_string(++pulls);
    const auto before = proxy->counters();
    std::uint64_t lossy_connections = 0;
    while (true) {
      const auto opened = proxy->counters().connections;
      Process process(pull(layout));
      // Anywhere between the first request and a little after the whole would have come.
      std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution<>(10, 400)(random)));
      if (!process.running() || kills == kills_wanted) {
        const Outcome outcome = process.wait();
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        break;
      }
      process.kill(SIGKILL);
      const Outcome outcome = process.wait();
      if (outcome.status == 0) break;  // it was done before the signal came
      ++kills;
      lossy_connections += static_cast<std::uint64_t>(proxy->counters().connections - opened);
    }
    expect_whole(layout);
    const auto moved = proxy->counters().down_bytes - before.down_bytes;
    EXPECT_LE(moved, image.layers[0].blob.size() + 64 * 1024 + lossy_connections * loss_per_connection) << layout;
    std::filesystem::remove_all(dray / layout);
  }
  EXPECT_EQ(kills, kills_wanted);
}

TEST_F(Resume, LineThatIsCutAgainAndAgainCostsAtMostThreePercent) {
  // Layers that come in one stream each, so that nothing but a cut can cost anything.
  image = make_layered(6, 14 * mebibyte);
  std::uint64_t size = 0;
  for (const Layer& layer : image.layers) size += layer.blob.size();
  twin.add("big", "1", image);
  proxy = std::make_unique<FaultProxy>(twin.host_port(), LineOptions{.cut_after = 3 * mebibyte});
  const Outcome outcome = run(pull("out"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  expect_whole("out");
  EXPECT_GE(proxy->counters().cuts, 20);
  EXPECT_LE(proxy->counters().down_bytes, size + size * 3 / 100);
}

TEST_F(Resume, CutsOfParallelRangesCostAtMostThreePercentOfAFullScale) {
  // Sixteen times 4 MiB stand for as many times 32: what a cut costs, and what a connection costs that is given up when
  // another takes over the rest of its range, is in buffers and the same at every scale.
  constexpr std::uint64_t full_scale = 16 * 32 * mebibyte;
  serve(64 * mebibyte, {.cut_after = 4 * mebibyte});
  const Outcome outcome = run(pull("out"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  expect_whole("out");
  EXPECT_GE(proxy->counters().cuts, 8);
  EXPECT_LE(proxy->counters().down_bytes, image.layers[0].blob.size() + full_scale * 3 / 100);
}

TEST_F(Resume, TwoPullsIntoOneLayoutFetchABlobOnce) {
  serve(24 * mebibyte, {.bytes_per_second = 16 * mebibyte});
  Process first(pull("out"));
  Process second(pull("out"));
  EXPECT_EQ(first.wait().status, 0);
  EXPECT_EQ(second.wait().status, 0);
  expect_whole("out");
  EXPECT_LE(proxy->counters().down_bytes, image.layers[0].blob.size() + loss_per_connection);
}

}  // namespace
}  // namespace resume_test
}  // namespace dray::testing
