#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <dray/core/digest.hpp>
#include <set>
#include <type_traits>
#include <unordered_set>

namespace dray {
namespace digest_test {
namespace {

using testing::HasSubstr;

const std::string hex64(64, 'a');
const std::string hex128(128, 'b');

TEST(DigestParse, ReadsBothAlgorithms) {
  const auto sha256 = Digest::parse("sha256:" + hex64);
  ASSERT_TRUE(sha256);
  EXPECT_EQ(sha256->algorithm(), DigestAlgorithm::sha256);
  EXPECT_EQ(sha256->hex(), hex64);
  EXPECT_EQ(sha256->text(), "sha256:" + hex64);
  EXPECT_EQ(sha256->short_hex(), std::string(12, 'a'));

  const auto sha512 = Digest::parse("sha512:" + hex128);
  ASSERT_TRUE(sha512);
  EXPECT_EQ(sha512->algorithm(), DigestAlgorithm::sha512);
  EXPECT_EQ(sha512->text(), "sha512:" + hex128);
}

struct BadDigest {
  const char* name;
  std::string text;
  const char* says;
};

TEST(DigestParse, RefusesWithASentence) {
  const std::array rows{
      BadDigest{"nothing", "", "has no algorithm"},
      BadDigest{"hex alone", hex64, "write sha256:<64 hex digits>"},
      BadDigest{"no hex", "sha256:", "has 0 hex digits: sha256 has 64"},
      BadDigest{"one digit short", "sha256:" + hex64.substr(1), "has 63 hex digits: sha256 has 64"},
      BadDigest{"one digit long", "sha256:" + hex64 + "a", "has 65 hex digits: sha256 has 64"},
      BadDigest{"sha512 of a sha256's length", "sha512:" + hex64, "has 64 hex digits: sha512 has 128"},
      BadDigest{"upper-case hex", "sha256:" + std::string(64, 'A'), "has upper-case hex digits"},
      BadDigest{"upper-case algorithm", "SHA256:" + hex64, "upper-case letter in its algorithm"},
      BadDigest{"registered later", "blake3:" + hex64, "not supported: sha256 and sha512 are"},
      BadDigest{"weak algorithm", "md5:" + std::string(32, 'a'), "not supported"},
      BadDigest{"joined algorithm", "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "not supported"},
      BadDigest{"no algorithm", ":" + hex64, "not supported"},
      BadDigest{"a path", "sha256:../../etc/passwd", "no lower-case hex digit"},
      BadDigest{"a path of the right length", "sha256:" + std::string("../") + hex64.substr(3), "no lower-case hex"},
      BadDigest{"letter past f", "sha256:" + hex64.substr(1) + "g", "no lower-case hex digit"},
      BadDigest{"NUL inside", "sha256:" + std::string(1, '\0') + hex64.substr(1), "no lower-case hex digit"},
      BadDigest{"NUL behind", "sha256:" + hex64 + std::string(1, '\0'), "no lower-case hex digit"},
      BadDigest{"blank in front", " sha256:" + hex64, "not supported"},
      BadDigest{"newline behind", "sha256:" + hex64 + "\n", "no lower-case hex digit"},
      BadDigest{"second colon", "sha256:sha256:" + hex64, "no lower-case hex digit"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto digest = Digest::parse(row.text);
    ASSERT_FALSE(digest);
    EXPECT_EQ(digest.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(digest.error().message(), HasSubstr(row.says));
    EXPECT_EQ(digest.error().message().find('\0'), std::string::npos);
    EXPECT_EQ(digest.error().message().find('\n'), std::string::npos);
  }
}

struct KnownDigest {
  const char* name;
  std::string bytes;
  const char* digest;
};

TEST(DigestOf, NamesWellKnownBytes) {
  // The layer that old docker wrote where a step changed nothing: an empty tar, 1,024 zero bytes, in gzip.
  constexpr std::array<unsigned char, 32> empty_layer{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff, 0x62,
                                                      0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c, 0x58, 0x00, 0x08, 0x00, 0x00,
                                                      0xff, 0xff, 0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00};
  const std::array rows{
      KnownDigest{"empty JSON", "{}", "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
      KnownDigest{"zero bytes", "", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      KnownDigest{"gzipped empty layer", std::string(empty_layer.begin(), empty_layer.end()),
                  "sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4"},
      KnownDigest{"foo", "foo", "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Digest::of(as_bytes(row.bytes)).text(), row.digest);
  }
}

TEST(Digest, IsAValue) {
  static_assert(std::is_trivially_copyable_v<Digest>);
  static_assert(!std::is_default_constructible_v<Digest>);
  const auto a = Digest::of(as_bytes("a"));
  const auto copy = a;
  const auto b = Digest::of(as_bytes("b"));
  EXPECT_EQ(a, copy);
  EXPECT_NE(a, b);
  EXPECT_EQ((std::unordered_set<Digest>{a, copy, b}).size(), 2U);
  EXPECT_EQ((std::set<Digest>{a, copy, b}).size(), 2U);
}

TEST(Digest, OrdersAsItsText) {
  const auto low = *Digest::parse("sha256:" + std::string(64, '0'));
  const auto high = *Digest::parse("sha256:" + std::string(64, 'f'));
  const auto longer = *Digest::parse("sha512:" + std::string(128, '0'));
  EXPECT_LT(low, high);
  EXPECT_LT(high, longer);
}

}  // namespace
}  // namespace digest_test
}  // namespace dray
