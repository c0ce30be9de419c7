#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <dray/core/digester.hpp>
#include <thread>
#include <vector>

namespace dray {
namespace digester_test {
namespace {

// Vectors of NIST, FIPS 180-4 examples (SHA256.pdf, SHA512.pdf) and the million letters `a` of FIPS 180-2.
struct Vector {
  const char* name;
  DigestAlgorithm algorithm;
  std::string bytes;
  const char* hex;
};

std::vector<Vector> vectors() {
  using enum DigestAlgorithm;
  const std::string two_blocks_256 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const std::string two_blocks_512 =
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
      "nopqrstu";
  return {
      {"sha256 of nothing", sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"sha256 of abc", sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"sha256 of two blocks", sha256, two_blocks_256,
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"sha256 of a million a", sha256, std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
      {"sha512 of nothing", sha512, "",
       "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
       "63b931bd47417a81a538327af927da3e"},
      {"sha512 of abc", sha512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
       "454d4423643ce80e2a9ac94fa54ca49f"},
      {"sha512 of two blocks", sha512, two_blocks_512,
       "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433a"
       "c7d329eeb6dd26545e96e55b874be909"},
      {"sha512 of a million a", sha512, std::string(1'000'000, 'a'),
       "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31b"
       "eb009c5c2c49aa2e4eadb217ad8cc09b"},
  };
}

Digest hash_in_pieces(const Vector& vector, std::size_t piece) {
  Digester digester(vector.algorithm);
  const auto bytes = as_bytes(vector.bytes);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    digester.update(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  }
  return digester.finish();
}

TEST(Digester, AgreesWithTheStandardInPiecesOfAnySize) {
  for (const auto& vector : vectors()) {
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 4096U, 1U << 20U}) {
      SCOPED_TRACE(std::string(vector.name) + " in pieces of " + std::to_string(piece));
      const auto digest = hash_in_pieces(vector, piece);
      EXPECT_EQ(digest.hex(), vector.hex);
      EXPECT_EQ(digest.algorithm(), vector.algorithm);
    }
  }
}

TEST(Digester, TakesAnEmptyUpdate) {
  Digester digester(DigestAlgorithm::sha256);
  digester.update({});
  digester.update(as_bytes("abc"));
  digester.update({});
  EXPECT_EQ(digester.finish(), Digest::of(as_bytes("abc")));
}

TEST(Digester, ClonesGoTheirOwnWay) {
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    SCOPED_TRACE(name(algorithm));
    Digester trunk(algorithm);
    trunk.update(as_bytes("ab"));
    auto branch = trunk.clone();
    branch.update(as_bytes("x"));
    trunk.update(as_bytes("c"));

    Digester abc(algorithm);
    abc.update(as_bytes("abc"));
    Digester abx(algorithm);
    abx.update(as_bytes("abx"));
    EXPECT_EQ(trunk.finish(), abc.finish());
    EXPECT_EQ(branch.finish(), abx.finish());
    EXPECT_EQ(branch.algorithm(), algorithm);
  }
}

TEST(Digester, IsMoved) {
  Digester first(DigestAlgorithm::sha256);
  first.update(as_bytes("ab"));
  Digester second(std::move(first));
  second.update(as_bytes("c"));
  first = Digester(DigestAlgorithm::sha256);
  EXPECT_EQ(second.finish(), Digest::of(as_bytes("abc")));
  EXPECT_EQ(first.finish(), Digest::of({}));
}

TEST(Digester, HashesOnSeveralThreadsFromTheFirstUseOn) {
  std::vector<std::jthread> threads;
  std::array<bool, 8> right{};
  for (auto& result : right) {
    threads.emplace_back([&result] {
      result = Digest::of(as_bytes("abc")).hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    });
  }
  threads.clear();
  EXPECT_TRUE(std::ranges::all_of(right, [](bool ok) { return ok; }));
}

}  // namespace
}  // namespace digester_test
}  // namespace dray
