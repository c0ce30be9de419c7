#include <gtest/gtest.h>
#include <dray/server/limits.hpp>
#include <dray/server/signed_links.hpp>

#include "support/hashing.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {
namespace signed_links_test {
namespace {

using std::chrono::seconds;

constexpr std::string_view path = "/v2/team/app/blobs/sha256:abc";
const std::chrono::system_clock::time_point now{seconds(1'600'000'000)};
const std::string key = "0123456789abcdef";

std::string value_of(const std::string& query, const std::string& name) {
  const auto at = query.find(name + "=");
  EXPECT_NE(at, std::string::npos) << query;
  const auto begin = at + name.size() + 1;
  return query.substr(begin, query.find('&', begin) - begin);
}

class S23SignedLinks : public ::testing::TestWithParam<LinkForm> {
 protected:
  SignedLinks links_{key, GetParam()};
  std::string sign(std::string_view signed_path, seconds lifetime) const {
    return value_of(links_.query_for(signed_path, now + lifetime), std::string(links_.signature_parameter()));
  }
  static std::string expiry(seconds lifetime) { return std::to_string(1'600'000'000 + lifetime.count()); }
};
INSTANTIATE_TEST_SUITE_P(Forms, S23SignedLinks, ::testing::Values(LinkForm::dray, LinkForm::nginx),
                         [](const auto& row) { return row.param == LinkForm::dray ? "dray" : "nginx"; });

TEST_P(S23SignedLinks, AreGoodForTheirPathUntilTheyExpire) {
  const auto signature = sign(path, seconds(600));
  EXPECT_TRUE(links_.check(path, expiry(seconds(600)), signature, now));
  EXPECT_TRUE(links_.check(path, expiry(seconds(600)), signature, now + seconds(600)));
  const auto late = links_.check(path, expiry(seconds(600)), signature, now + seconds(601));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::denied);
}

TEST_P(S23SignedLinks, LiveTwentyMinutesAtMostWhoeverSignedThem) {
  const seconds most = limits::max_signed_link_lifetime;
  EXPECT_LE(most, std::chrono::minutes(20));
  EXPECT_TRUE(links_.check(path, expiry(most), sign(path, most), now));
  const auto longer = most + seconds(1);
  EXPECT_FALSE(links_.check(path, expiry(longer), sign(path, longer), now));
}

TEST_P(S23SignedLinks, AreRefusedWhenAnythingWasChanged) {
  const auto expires = expiry(seconds(60));
  const auto good = sign(path, seconds(60));
  ASSERT_TRUE(links_.check(path, expires, good, now));
  EXPECT_FALSE(links_.check("/v2/team/app/blobs/sha256:abd", expires, good, now));
  EXPECT_FALSE(links_.check(std::string(path) + "/", expires, good, now));
  EXPECT_FALSE(links_.check("", expires, good, now));
  EXPECT_FALSE(links_.check(path, expiry(seconds(61)), good, now));
  EXPECT_FALSE(links_.check(path, "0" + expires, good, now));
  EXPECT_FALSE(links_.check(path, "", good, now));
  EXPECT_FALSE(links_.check(path, expires, "", now));
  EXPECT_FALSE(links_.check(path, expires, good + "=", now));
  EXPECT_FALSE(links_.check(path, expires, good.substr(1), now));
  EXPECT_FALSE(SignedLinks("another key of 16", GetParam()).check(path, expires, good, now));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(links_.check(path, expires, bad, now)) << i;
  }
}

TEST_P(S23SignedLinks, MoveNoByteBetweenPathAndExpiry) {
  // `/a1` until 600… and `/a` until 1600… are different words in both forms.
  const auto signature = sign("/a1", seconds(60));
  EXPECT_FALSE(links_.check("/a", "1" + expiry(seconds(60)), signature, now));
  EXPECT_FALSE(links_.check("/a1", expiry(seconds(60)) + "/", signature, now));
}

TEST(SignedLinks, AreWhatTheDocumentationSays) {
  const SignedLinks links(key);
  EXPECT_EQ(links.query_for("/blob", now),
            "expires=1600000000&sig=" + testing::base64url(testing::hmac_sha256(key, "/blob\n1600000000")));
  // printf '1600000000/blob 0123456789abcdef' | openssl md5 -binary | openssl base64 | tr +/ -_ | tr -d =
  EXPECT_EQ(SignedLinks(key, LinkForm::nginx).query_for("/blob", now), "expires=1600000000&md5=pY8bbIw7cUv-ixRMV937ZQ");
}

TEST(SignedLinks, RefuseEveryOddNumberEvenWhenSigned) {
  const SignedLinks links(key);
  for (const std::string expires : {"", "-1", "+1600000060", " 1600000060", "1600000060 ", "01600000060", "0x5f5e1000",
                                    "1.6e9", "99999999999999999999", "-9223372036854775808", "1600000060\n"}) {
    const auto signature = testing::base64url(testing::hmac_sha256(key, "/blob\n" + expires));
    EXPECT_FALSE(links.check("/blob", expires, signature, now)) << expires;
  }
}

TEST(SignedLinks, TakeTheirKeyFromAFile) {
  const testing::TempDir folder;
  const auto read = SignedLinks::read_key(folder.write("key", key + "\r\n"));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->query_for("/a", now), SignedLinks(key).query_for("/a", now));
  const auto missing = SignedLinks::read_key(folder / "none");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::not_found);
  const auto short_one = SignedLinks::read_key(folder.write("short", "0123456789abcde\n"));
  ASSERT_FALSE(short_one);
  EXPECT_EQ(short_one.error().code(), ErrorCode::invalid_input);
  EXPECT_EQ(short_one.error().message().find("0123"), std::string::npos);
  EXPECT_FALSE(SignedLinks::read_key(folder.write("large", std::string(limits::max_key_file_bytes + 1, 'x'))));
  const auto odd = folder.write("odd", "0123456789$secret\"");
  EXPECT_TRUE(SignedLinks::read_key(odd));
  EXPECT_FALSE(SignedLinks::read_key(odd, LinkForm::nginx)) << "nginx would read a variable";
}

}  // namespace
}  // namespace signed_links_test
}  // namespace dray::server
