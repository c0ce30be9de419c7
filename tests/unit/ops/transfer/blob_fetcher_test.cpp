#include "transfer/blob_fetcher.hpp"

#include <gtest/gtest.h>

#include <dray/core/limits.hpp>

#include "../fake_places.hpp"
#include "../images.hpp"
#include "support/fake_clock.hpp"

namespace dray::ops {
namespace blob_fetcher_test {
namespace {

constexpr const char* near_url = "https://near.example/layer";
constexpr const char* far_url = "https://far.example/layer?sig=secret";

class BlobFetcherTest : public ::testing::Test {
 protected:
  BlobFetcherTest() { services_.url_opener = &repository_; }

  Descriptor foreign(std::vector<std::string> urls) {
    auto blob = ops::testing::put_bytes(nullptr, media_types::docker_foreign_layer_gzip, bytes_);
    blob.urls = std::move(urls);
    return blob;
  }
  Result<std::string> fetch(BlobFetcher& fetcher) {
    DRAY_TRY_ASSIGN(auto opened, fetcher.open(std::nullopt, {}));
    return read_all(*opened.bytes, 1000);
  }

  const std::string bytes_ = "a layer that may not be handed on";
  ops::testing::FakeRepository repository_{{"registry.example", "windows"}};
  dray::testing::FakeClock clock_;
  dray::testing::FixedRandom random_;
  ops::testing::RecordingObserver observer_;
  ConnectionBudget budget_{4};
  TransferTotals totals_;
  TransferServices services_{clock_, random_, observer_, budget_, totals_};
};

TEST_F(BlobFetcherTest, AsksTheRegistryFirst) {
  const auto blob = foreign({near_url});
  ops::testing::put_bytes(&repository_, media_types::docker_foreign_layer_gzip, bytes_);
  repository_.forget_log();
  BlobFetcher fetcher(repository_, blob, services_);
  EXPECT_EQ(fetch(fetcher).value(), bytes_);
  EXPECT_EQ(fetcher.from(), PlannedBlob::From::source);
  EXPECT_EQ(repository_.count("url "), 0U);
}

TEST_F(BlobFetcherTest, ThenTheUrlsInTheirOrderAndStaysWithTheOneThatHadIt) {
  const auto blob = foreign({near_url, far_url});
  repository_.behind_urls[far_url] = bytes_;
  BlobFetcher fetcher(repository_, blob, services_);
  EXPECT_EQ(fetch(fetcher).value(), bytes_);
  EXPECT_EQ(fetcher.from(), PlannedBlob::From::urls);
  EXPECT_EQ(repository_.log(), (std::vector<std::string>{"open " + blob.digest.text(), std::string("url ") + near_url,
                                                         std::string("url ") + far_url}));
  EXPECT_TRUE(observer_.decided("trying https://near.example/layer"));
  repository_.forget_log();
  EXPECT_EQ(fetch(fetcher).value(), bytes_);
  EXPECT_EQ(repository_.log(), (std::vector<std::string>{std::string("url ") + far_url}));
}

TEST_F(BlobFetcherTest, NamesEveryUrlThatWasTriedWithoutItsQuery) {
  const auto blob = foreign({near_url, far_url});
  BlobFetcher fetcher(repository_, blob, services_);
  const auto got = fetch(fetcher);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::not_found);
  EXPECT_NE(got.error().message().find("https://near.example/layer: 404"), std::string::npos);
  EXPECT_NE(got.error().message().find("https://far.example/layer: 404"), std::string::npos);
  EXPECT_EQ(got.error().message().find("secret"), std::string::npos);
}

TEST_F(BlobFetcherTest, TriesNoEndlessListOfUrls) {
  std::vector<std::string> urls;
  for (int i = 0; i < 1000; ++i) urls.push_back("https://host.example/" + std::to_string(i));
  const auto blob = foreign(std::move(urls));
  BlobFetcher fetcher(repository_, blob, services_);
  EXPECT_FALSE(fetch(fetcher));
  EXPECT_EQ(repository_.count("url "), limits::max_descriptor_urls);
}

TEST_F(BlobFetcherTest, APlaceThatCannotFollowUrlsSaysSo) {
  const auto blob = foreign({near_url});
  ops::testing::FakeStore plain;
  services_.url_opener = nullptr;
  BlobFetcher fetcher(plain, blob, services_);
  const auto got = fetch(fetcher);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::not_found);
  EXPECT_NE(got.error().message().find("only a copy from or to a registry follows the URLs"), std::string::npos);
  EXPECT_NE(got.error().message().find("--foreign keep"), std::string::npos);
  auto ordinary = blob;
  ordinary.media_type = MediaType::of(media_types::docker_layer_gzip);
  BlobFetcher needed(plain, ordinary, services_);
  EXPECT_EQ(fetch(needed).error().message().find("--foreign keep"), std::string::npos) << "it may not stay away";
}

}  // namespace
}  // namespace blob_fetcher_test
}  // namespace dray::ops
