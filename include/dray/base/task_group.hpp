#pragma once

#include <dray/base/result.hpp>
#include <functional>
#include <memory>
#include <stop_token>

namespace dray {

/// Runs tasks on at most `workers` threads of its own and joins them before it is gone.
/// The first task that fails stops its siblings (their stop token) and is what `wait` returns; tasks that
/// have not begun by then are dropped. A task may add further tasks. `parent` stops the whole group.
class TaskGroup {
 public:
  using Task = std::function<Result<void>(const std::stop_token&)>;

  explicit TaskGroup(std::size_t workers, const std::stop_token& parent = {});
  ~TaskGroup();  ///< Stops and joins what is left.
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Queues a task; it starts as soon as a worker is free. Safe from many threads, and from a task.
  void run(Task task);
  /// Waits until every task is done and returns the first failure. `cancelled` when `parent` stopped it.
  /// Called once, by the thread that made the group.
  [[nodiscard]] Result<void> wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray
