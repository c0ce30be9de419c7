#include <gtest/gtest.h>

#include <dray/core/chain_id.hpp>
#include <dray/core/diff_id.hpp>
#include <type_traits>
#include <vector>

namespace dray {
namespace chain_id_test {
namespace {

// Mixing the three kinds of digest must not compile.
static_assert(!std::is_convertible_v<Digest, DiffId>);
static_assert(!std::is_convertible_v<DiffId, Digest>);
static_assert(!std::is_convertible_v<Digest, ChainId>);
static_assert(!std::is_constructible_v<ChainId, DiffId>);
static_assert(!std::is_constructible_v<DiffId, ChainId>);
template <class A, class B>
concept Comparable = requires(const A& a, const B& b) { a == b; };
static_assert(!Comparable<DiffId, Digest> && !Comparable<DiffId, ChainId> && !Comparable<ChainId, Digest>);

DiffId diff_id(std::string_view bytes) { return DiffId(Digest::of(as_bytes(bytes))); }

TEST(DiffIdParse, ReadsADigest) {
  const auto text = Digest::of(as_bytes("layer")).text();
  const auto id = DiffId::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), text);
  EXPECT_FALSE(DiffId::parse("layer"));
}

TEST(ChainIdOf, IsNothingForNoLayers) { EXPECT_FALSE(ChainId::of({})); }

TEST(ChainIdOf, IsTheDiffIdOfASingleLayer) {
  const std::vector layers{diff_id("base")};
  EXPECT_EQ(ChainId::of(layers)->digest(), layers[0].digest());
}

TEST(ChainIdOf, HashesChainAndDiffIdAsTextFromTheBaseUp) {
  const std::vector layers{diff_id("base"), diff_id("middle"), diff_id("top")};
  const auto two = Digest::of(as_bytes(layers[0].text() + " " + layers[1].text()));
  const auto three = Digest::of(as_bytes(two.text() + " " + layers[2].text()));
  EXPECT_EQ(ChainId::of(layers)->digest(), three);
  EXPECT_EQ(ChainId::of(std::span(layers).first(2))->with(layers[2]).digest(), three);
}

TEST(ChainIdOf, AgreesWithAKnownStack) {
  // sha256 of "sha256:<sha256 of foo> sha256:<sha256 of bar>", by sha256sum.
  const std::vector layers{diff_id("foo"), diff_id("bar")};
  EXPECT_EQ(ChainId::of(layers)->text(), "sha256:9abe30faa5bc3b839df938728ef8d9af0bcbe042db6d46fc4d816ae64d60a786");
}

}  // namespace
}  // namespace chain_id_test
}  // namespace dray
