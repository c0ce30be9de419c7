#include "range_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bitset>
#include <random>

namespace dray {
namespace range_set_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RangeSet set_of(std::initializer_list<ByteRange> ranges) {
  RangeSet set;
  for (const auto range : ranges) set.add(range);
  return set;
}

TEST(RangeSet, JoinsWhatTouchesOrOverlaps) {
  EXPECT_THAT(set_of({{0, 2}, {2, 4}}).ranges(), ElementsAre(ByteRange{0, 4}));
  EXPECT_THAT(set_of({{2, 4}, {0, 2}}).ranges(), ElementsAre(ByteRange{0, 4}));
  EXPECT_THAT(set_of({{0, 2}, {4, 6}, {1, 5}}).ranges(), ElementsAre(ByteRange{0, 6}));
  EXPECT_THAT(set_of({{0, 2}, {4, 6}}).ranges(), ElementsAre(ByteRange{0, 2}, ByteRange{4, 6}));
  EXPECT_THAT(set_of({{3, 3}}).ranges(), IsEmpty());
}

TEST(RangeSet, RemovesParts) {
  auto set = set_of({{0, 10}});
  set.remove({3, 5});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{0, 3}, ByteRange{5, 10}));
  set.remove({0, 7});
  EXPECT_THAT(set.ranges(), ElementsAre(ByteRange{7, 10}));
}

TEST(RangeSet, AnswersAsASetOfOffsetsWould) {
  constexpr std::size_t size = 64;
  std::mt19937 random(7);
  const auto offset = [&] { return std::uniform_int_distribution<std::uint64_t>(0, size)(random); };
  for (int round = 0; round < 300; ++round) {
    RangeSet set;
    std::bitset<size + 1> model;
    for (int step = 0; step < 12; ++step) {
      const auto a = offset();
      const auto b = offset();
      const ByteRange range{std::min(a, b), std::max(a, b)};
      const bool adds = random() % 4 != 0;
      bool overlaps = false;
      for (auto i = range.begin; i < range.end; ++i) overlaps = overlaps || model[i];
      ASSERT_EQ(set.overlaps(range), overlaps);
      for (auto i = range.begin; i < range.end; ++i) model[i] = adds;
      adds ? set.add(range) : set.remove(range);
      std::bitset<size + 1> inside;
      for (const auto& one : set.ranges()) {
        for (auto i = one.begin; i < one.end; ++i) inside[i] = true;
      }
      ASSERT_EQ(inside, model);
      std::bitset<size + 1> outside;
      for (const auto& gap : set.gaps(range)) {
        for (auto i = gap.begin; i < gap.end; ++i) outside[i] = true;
      }
      for (auto i = range.begin; i < range.end; ++i) ASSERT_NE(outside[i], model[i]);
      auto end = a;
      while (end < size && model[end]) ++end;
      ASSERT_EQ(set.contiguous_end(a), end);
    }
  }
}

}  // namespace
}  // namespace range_set_test
}  // namespace dray
