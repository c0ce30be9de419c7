#include <dray/base/task_group.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <stdexcept>

namespace dray {
namespace task_group_test {
namespace {

/// Returns only when `stop` was requested.
Result<void> wait_for_stop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
  return {};
}

TEST(TaskGroup, RunsEveryTask) {
  std::atomic<int> sum = 0;
  TaskGroup group(3);
  for (int i = 1; i <= 100; ++i) {
    group.run([&sum, i](const std::stop_token&) -> Result<void> {
      sum += i;
      return {};
    });
  }
  EXPECT_TRUE(group.wait());
  EXPECT_EQ(sum, 5050);
}

TEST(TaskGroup, WaitsForNothing) {
  TaskGroup group(3);
  EXPECT_TRUE(group.wait());
}

TEST(TaskGroup, TakesZeroWorkersForOne) {
  std::atomic<bool> ran = false;
  TaskGroup group(0);
  group.run([&](const std::stop_token&) -> Result<void> {
    ran = true;
    return {};
  });
  EXPECT_TRUE(group.wait());
  EXPECT_TRUE(ran);
}

TEST(TaskGroup, RunsAtMostSoManyAtOnce) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  TaskGroup group(2);
  for (int i = 0; i < 50; ++i) {
    group.run([&](const std::stop_token&) -> Result<void> {
      const int running = ++now;
      int seen = most;
      while (running > seen && !most.compare_exchange_weak(seen, running)) {
      }
      --now;
      return {};
    });
  }
  EXPECT_TRUE(group.wait());
  EXPECT_LE(most, 2);
}

TEST(TaskGroup, RunsTasksSideBySide) {
  std::latch all_there(4);
  TaskGroup group(4);
  for (int i = 0; i < 4; ++i) {
    group.run([&](const std::stop_token&) -> Result<void> {
      all_there.arrive_and_wait();
      return {};
    });
  }
  EXPECT_TRUE(group.wait());
}

TEST(TaskGroup, FirstFailureStopsItsSiblingsAndIsReturned) {
  std::latch sibling_runs(1);
  TaskGroup group(2);
  group.run([&](const std::stop_token& stop) {
    sibling_runs.count_down();
    return wait_for_stop(stop);
  });
  group.run([&](const std::stop_token&) -> Result<void> {
    sibling_runs.wait();
    return Error(ErrorCode::denied, "refused");
  });
  const auto result = group.wait();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "refused");
}

TEST(TaskGroup, FailureDropsTasksThatHaveNotBegun) {
  std::atomic<int> ran = 0;
  TaskGroup group(1);
  group.run([&](const std::stop_token&) -> Result<void> {
    for (int i = 0; i < 10; ++i) {
      group.run([&](const std::stop_token&) -> Result<void> {
        ++ran;
        return {};
      });
    }
    return Error(ErrorCode::io, "broken");
  });
  EXPECT_EQ(group.wait().error().code(), ErrorCode::io);
  EXPECT_EQ(ran, 0);
}

TEST(TaskGroup, LaterFailuresOfStoppedSiblingsDoNotHideTheFirst) {
  std::latch sibling_runs(1);
  TaskGroup group(2);
  group.run([&](const std::stop_token& stop) -> Result<void> {
    sibling_runs.count_down();
    DRAY_TRY(wait_for_stop(stop));
    return Error(ErrorCode::cancelled, "stopped");
  });
  group.run([&](const std::stop_token&) -> Result<void> {
    sibling_runs.wait();
    return Error(ErrorCode::denied, "refused");
  });
  EXPECT_EQ(group.wait().error().code(), ErrorCode::denied);
}

TEST(TaskGroup, TasksAddTasks) {
  std::atomic<int> leaves = 0;
  TaskGroup group(3);
  std::function<Result<void>(int)> grow = [&](int depth) -> Result<void> {
    if (depth == 0) {
      ++leaves;
      return {};
    }
    for (int i = 0; i < 2; ++i) group.run([&, depth](const std::stop_token&) { return grow(depth - 1); });
    return {};
  };
  group.run([&](const std::stop_token&) { return grow(6); });
  EXPECT_TRUE(group.wait());
  EXPECT_EQ(leaves, 64);
}

TEST(TaskGroup, ParentStopsTheGroup) {
  std::stop_source parent;
  TaskGroup group(2, parent.get_token());
  group.run([](const std::stop_token& stop) { return wait_for_stop(stop); });
  group.run([&](const std::stop_token&) -> Result<void> {
    parent.request_stop();
    return {};
  });
  EXPECT_EQ(group.wait().error().code(), ErrorCode::cancelled);
}

TEST(TaskGroup, FailureBecauseTheParentStoppedIsCancelled) {
  std::stop_source parent;
  TaskGroup group(1, parent.get_token());
  group.run([&](const std::stop_token&) -> Result<void> {
    parent.request_stop();
    return Error(ErrorCode::unavailable, "the connection was closed");
  });
  EXPECT_EQ(group.wait().error().code(), ErrorCode::cancelled);
}

TEST(TaskGroup, ParentStoppedBeforeRunsNothing) {
  std::stop_source parent;
  parent.request_stop();
  std::atomic<bool> ran = false;
  TaskGroup group(1, parent.get_token());
  group.run([&](const std::stop_token&) -> Result<void> {
    ran = true;
    return {};
  });
  EXPECT_EQ(group.wait().error().code(), ErrorCode::cancelled);
  EXPECT_FALSE(ran);
}

TEST(TaskGroup, DestructorStopsAndJoins) {
  std::atomic<bool> ended = false;
  {
    std::latch runs(1);
    TaskGroup group(1);
    group.run([&](const std::stop_token& stop) -> Result<void> {
      runs.count_down();
      DRAY_TRY(wait_for_stop(stop));
      ended = true;
      return {};
    });
    runs.wait();
  }
  EXPECT_TRUE(ended);
}

TEST(TaskGroup, ThrowsOnWhatATaskThrew) {
  TaskGroup group(1);
  group.run([](const std::stop_token&) -> Result<void> { throw std::runtime_error("no memory"); });
  EXPECT_THROW((void)group.wait(), std::runtime_error);
}

}  // namespace
}  // namespace task_group_test
}  // namespace dray
