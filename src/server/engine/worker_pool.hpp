#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dray::server::engine {

/// Threads that may block, for what must not hold a loop up. A thread is made when a job finds none idle, up to a
/// number. Safe from many threads.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  /// `max_waiting` jobs may wait for a thread before `offer` declines.
  WorkerPool(std::size_t max_threads, std::size_t max_waiting);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Begins something new: false, and nothing done, when too much waits already.
  [[nodiscard]] bool offer(Job job);
  /// Goes on with something that was begun, or ends it; always taken. Each request has one such job at a time, so
  /// their number is bounded by what `offer` let in and the connections that end.
  void submit(Job job);
  /// Runs what waits, and joins. Nothing may be submitted from then on but by the jobs themselves.
  void stop();

 private:
  void enqueue(Job job);
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;
  std::vector<std::thread> threads_;
  const std::size_t max_threads_;
  const std::size_t max_waiting_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace dray::server::engine
