#include "transfer/range_scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace dray::ops {
namespace range_scheduler_test {
namespace {

constexpr std::uint64_t size_limit = 1'000'000;

TEST(RangeScheduler, HandsOutPendingRangesInOrderAndThePreferredFirst) {
  RangeScheduler ranges({{0, 10}, {20, 30}, {40, 50}}, 4);
  EXPECT_EQ(ranges.take(40)->range, (ByteRange{40, 50}));
  EXPECT_EQ(ranges.take(7)->range, (ByteRange{0, 10}));
  EXPECT_EQ(ranges.take(7)->range, (ByteRange{20, 30}));
}

TEST(RangeScheduler, GivesAnIdleWorkerHalfOfTheLargest) {
  RangeScheduler ranges({{0, 100}}, 10);
  const auto first = ranges.take(0);
  EXPECT_EQ(ranges.claim(first->id, 20), 20U);
  EXPECT_EQ(ranges.take(0)->range, (ByteRange{60, 100}));
  EXPECT_EQ(ranges.left(first->id), 40U);
  EXPECT_EQ(ranges.claim(first->id, 1000), 40U);
}

TEST(RangeScheduler, DoesNotSplitBelowTheSmallestRange) {
  RangeScheduler ranges({{0, 19}}, 10);
  ASSERT_TRUE(ranges.take(0));
  EXPECT_FALSE(ranges.take(0));
}

TEST(RangeScheduler, SpreadsEqually) {
  RangeScheduler ranges({{0, 1600}}, 10);
  const auto first = ranges.take(0);
  ranges.spread(16, size_limit);
  EXPECT_EQ(ranges.left(first->id), 100U);
  for (std::uint64_t i = 1; i < 16; ++i) {
    EXPECT_EQ(ranges.take(i * 100)->range, (ByteRange{i * 100, (i + 1) * 100}));
  }
}

TEST(RangeScheduler, SpreadsInMorePartsWhereTheyWouldBeTooLarge) {
  RangeScheduler ranges({{0, 1600}}, 10);
  const auto first = ranges.take();
  ranges.spread(4, 200);
  EXPECT_EQ(ranges.left(first->id), 200U);
  EXPECT_EQ(ranges.take()->range, (ByteRange{200, 400}));
  EXPECT_EQ(ranges.take()->range, (ByteRange{400, 600}));
}

TEST(RangeScheduler, SpreadsOverWhatAnEarlierProcessLeft) {
  RangeScheduler ranges({{0, 300}, {500, 600}}, 10);
  const auto first = ranges.take(0);
  ranges.spread(4, size_limit);
  EXPECT_EQ(ranges.left(first->id), 100U);
  EXPECT_EQ(ranges.take(0)->range, (ByteRange{100, 200}));
  EXPECT_EQ(ranges.take(0)->range, (ByteRange{200, 300}));
  EXPECT_EQ(ranges.take(0)->range, (ByteRange{500, 600}));
}

TEST(RangeScheduler, TakesAShortTail) {
  RangeScheduler ranges({{0, 1000}}, 10);
  const auto first = ranges.take(0);
  EXPECT_EQ(ranges.take_tail(100)->range, (ByteRange{900, 1000}));
  EXPECT_EQ(ranges.take_tail(10'000)->range, (ByteRange{450, 900}));
  EXPECT_EQ(ranges.left(first->id), 450U);
}

TEST(RangeScheduler, HandsOutAgainWhatWasReleased) {
  RangeScheduler ranges({{0, 100}}, 10);
  const auto first = ranges.take(0);
  EXPECT_EQ(ranges.claim(first->id, 30), 30U);
  ranges.release(first->id);
  EXPECT_EQ(ranges.take(0)->range, (ByteRange{30, 100}));
}

TEST(RangeScheduler, WaitsForAHelperThatGivesUp) {
  RangeScheduler ranges({{0, 10}}, 10);
  const auto helper = ranges.take(0);
  std::optional<RangeScheduler::Lease> leader;
  std::thread waiting([&] { leader = ranges.wait_and_take(0, {}); });
  ranges.release(helper->id);
  waiting.join();
  ASSERT_TRUE(leader);
  EXPECT_EQ(leader->range, (ByteRange{0, 10}));
}

TEST(RangeScheduler, WaitsNoLongerThanTheStop) {
  RangeScheduler ranges({{0, 10}}, 10);
  const auto helper = ranges.take(0);
  std::stop_source stop;
  std::thread waiting([&] { EXPECT_FALSE(ranges.wait_and_take(0, stop.get_token())); });
  stop.request_stop();
  waiting.join();
  EXPECT_EQ(ranges.left(helper->id), 10U);
}

TEST(RangeScheduler, IsDoneWhenNothingIsMissing) {
  RangeScheduler ranges({}, 10);
  EXPECT_FALSE(ranges.wait_and_take(0, {}));
  RangeScheduler empty_ranges({{5, 5}}, 10);
  EXPECT_FALSE(empty_ranges.wait_and_take(0, {}));
}

/// Workers in any order of takes, claims, releases, spreads and tails: every byte is claimed once.
class RangeSchedulerModel : public ::testing::TestWithParam<unsigned> {};

TEST_P(RangeSchedulerModel, EveryMissingByteIsClaimedOnce) {
  std::mt19937 random(GetParam());
  const auto upto = [&](std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(random); };
  constexpr std::uint64_t size = 5000;
  std::vector<int> claims(size, 1);
  std::vector<ByteRange> missing;
  for (std::uint64_t at = upto(100); at + 1 < size;) {
    const ByteRange range{at, std::min(size, at + 1 + upto(1500))};
    missing.push_back(range);
    for (auto i = range.begin; i < range.end; ++i) claims[i] = 0;
    at = range.end + 1 + upto(500);
  }
  RangeScheduler ranges(missing, 1 + upto(200));

  struct Worker {
    RangeScheduler::Lease lease;
    std::uint64_t position;
  };
  std::vector<Worker> workers;
  const auto add = [&](std::optional<RangeScheduler::Lease> lease) {
    if (lease) workers.push_back({*lease, lease->range.begin});
    return lease.has_value();
  };
  while (ranges.unclaimed() > 0 || !workers.empty()) {
    const auto action = upto(20);
    if (workers.empty() || (action == 0 && workers.size() < 16)) {
      add(ranges.take(upto(size)));
    } else if (action == 1) {
      ranges.spread(1 + upto(16), 1 + upto(1000));
    } else if (action == 2 && workers.size() < 16) {
      add(ranges.take_tail(upto(400)));
    } else {
      const auto at = upto(workers.size() - 1);
      auto& worker = workers[at];
      const auto claimed = ranges.claim(worker.lease.id, upto(300));
      for (std::uint64_t i = 0; i < claimed; ++i) ++claims.at(worker.position + i);
      worker.position += claimed;
      if (action == 3 || ranges.left(worker.lease.id) == 0) {
        ranges.release(worker.lease.id);
        workers.erase(workers.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }
  EXPECT_TRUE(std::ranges::all_of(claims, [](int count) { return count == 1; }));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RangeSchedulerModel, ::testing::Range(0U, 100U));

}  // namespace
}  // namespace range_scheduler_test
}  // namespace dray::ops
