#include <dray/base/task_group.hpp>

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace dray {

struct TaskGroup::State {
  State(std::size_t workers, std::stop_token parent_token)
      : max_workers(std::max<std::size_t>(workers, 1)),
        parent(std::move(parent_token)),
        on_parent_stop(parent, [this] { stop.request_stop(); }) {}

  const std::size_t max_workers;
  const std::stop_token parent;
  std::stop_source stop;

  std::mutex mutex;  // guards all below
  std::condition_variable work_or_end;
  std::condition_variable idle;
  std::deque<Task> queue;
  std::vector<std::thread> threads;
  std::size_t running = 0;  // tasks
  bool ending = false;
  std::optional<Error> failure;
  std::exception_ptr exception;

  const std::stop_callback<std::function<void()>> on_parent_stop;

  void work();
  void run_one(const Task& task);
  void fail(Error error);
  void end();
};

/// A worker's life: takes tasks until the group ends.
void TaskGroup::State::work() {
  std::unique_lock lock(mutex);
  while (true) {
    work_or_end.wait(lock, [this] { return ending || !queue.empty(); });
    if (queue.empty()) return;
    {
      const Task task = std::move(queue.front());
      queue.pop_front();
      ++running;
      lock.unlock();
      if (!stop.stop_requested()) run_one(task);
    }  // what the task holds is gone before the group counts as idle
    lock.lock();
    --running;
    if (running == 0 && queue.empty()) idle.notify_all();
  }
}

void TaskGroup::State::run_one(const Task& task) {
  try {
    if (auto result = task(stop.get_token()); !result) fail(std::move(result).error());
  } catch (...) {  // a lack of memory, or a bug: `wait` throws it on
    {
      const std::lock_guard lock(mutex);
      if (!exception) exception = std::current_exception();
    }
    fail(Error(ErrorCode::cancelled, "a task threw an exception"));
  }
}

void TaskGroup::State::fail(Error error) {
  if (parent.stop_requested()) error = Error(ErrorCode::cancelled, "stopped before all was done");
  std::deque<Task> dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex);
    if (!failure) failure = std::move(error);
    dropped.swap(queue);
  }
  stop.request_stop();
}

void TaskGroup::State::end() {
  std::vector<std::thread> joined;
  {
    const std::lock_guard lock(mutex);
    ending = true;
    joined.swap(threads);
  }
  work_or_end.notify_all();
  for (auto& thread : joined) thread.join();
}

TaskGroup::TaskGroup(std::size_t workers, const std::stop_token& parent)
    : state_(std::make_unique<State>(workers, parent)) {}

TaskGroup::~TaskGroup() {
  state_->stop.request_stop();
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    dropped.swap(state_->queue);
  }
  state_->end();
}

void TaskGroup::run(Task task) {
  auto& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    if (state.stop.stop_requested()) return;
    state.queue.push_back(std::move(task));
    const auto busy = state.running + state.queue.size();
    if (state.threads.size() < std::min(busy, state.max_workers) && !state.ending) {
      state.threads.emplace_back([&state] { state.work(); });
    }
  }
  state.work_or_end.notify_one();
}

Result<void> TaskGroup::wait() {
  auto& state = *state_;
  {
    std::unique_lock lock(state.mutex);
    state.idle.wait(lock, [&state] { return state.running == 0 && state.queue.empty(); });
  }
  state.end();
  if (state.exception) std::rethrow_exception(state.exception);
  if (state.failure) return std::move(*state.failure);
  if (state.parent.stop_requested()) return Error(ErrorCode::cancelled, "stopped before all was done");
  return {};
}

}  // namespace dray
