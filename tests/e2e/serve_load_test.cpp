// Many clients at once, and ten thousand that only sit there.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "served.hpp"
#include "support/hashing.hpp"
#include "support/image_maker.hpp"
#include "support/raw_client.hpp"

namespace dray::testing {
namespace serve_load_test {
namespace {

class ServeLoad : public ::testing::Test {
 protected:
  /// Pushes an image over connections of its own, as the protocol has it; what went wrong, or nothing.
  [[nodiscard]] std::string push(const std::string& repository, const Image& image) const {
    const auto base = served.origin() + "/v2/" + repository;
    const auto push_blob = [&](const Blob& blob) {
      const auto answer = ask_once("POST", base + "/blobs/uploads/?digest=" + blob.digest, {}, *blob.bytes);
      return answer.status == 201 ? std::string() : answer.body + std::to_string(answer.status);
    };
    for (const auto& layer : image.layers) {
      if (auto wrong = push_blob(layer.blob); !wrong.empty()) return wrong;
    }
    if (auto wrong = push_blob(image.config); !wrong.empty()) return wrong;
    const auto answer =
        ask_once("PUT", base + "/manifests/1", {{"Content-Type", image.manifest.media_type}}, *image.manifest.bytes);
    return answer.status == 201 ? std::string() : answer.body;
  }
  [[nodiscard]] bool pull(const std::string& repository, const Image& image) const {
    const auto base = served.origin() + "/v2/" + repository;
    if (ask_once("GET", base + "/manifests/1").body != *image.manifest.bytes) return false;
    if (ask_once("GET", base + "/blobs/" + image.config.digest).body != *image.config.bytes) return false;
    for (const auto& layer : image.layers) {
      if (ask_once("GET", base + "/blobs/" + layer.blob.digest).body != *layer.blob.bytes) return false;
    }
    return true;
  }

  Dray dray;
  Served served{dray, dray / "registry"};
};

TEST_F(ServeLoad, ThousandPullsAtOnceGetTheirBytes) {
  const Image image = make_layered(2, 100'000);
  ASSERT_EQ(push("app", image), "");
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 1000; ++i) {
      clients.emplace_back([&] { right += pull("app", image) ? 1 : 0; });
    }
  }
  EXPECT_EQ(right, 1000);
}

TEST_F(ServeLoad, TwoHundredPushesAtOnceAreTaken) {
  std::vector<Image> images;
  for (std::uint64_t i = 0; i < 200; ++i) {
    // Every second one shares its layer with its neighbour.
    images.push_back(make_image(
        {.layers = {LayerSpec{.random_size = 50'000, .seed = i / 2}}, .labels = {{"n", std::to_string(i)}}}));
  }
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < images.size(); ++i) {
      clients.emplace_back([&, i] {
        const auto wrong = push("team/app" + std::to_string(i % 50), images[i]);
        EXPECT_EQ(wrong, "");
        right += wrong.empty() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(right, 200);
  EXPECT_EQ(served.stop().status, 0);
  EXPECT_EQ(dray({"verify", served.directory().string(), "--jq", ".damage|length"}).out, "0\n");
}

}  // namespace
}  // namespace serve_load_test
}  // namespace dray::testing
