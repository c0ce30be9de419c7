#include "engine/worker_pool.hpp"

#include <system_error>
#include <utility>

#include "engine/thread_signals.hpp"

namespace dray::server::engine {

WorkerPool::WorkerPool(std::size_t max_threads, std::size_t max_waiting)
    : max_threads_(max_threads), max_waiting_(max_waiting) {}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::offer(Job job) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= max_waiting_) return false;
  enqueue(std::move(job));
  return true;
}

void WorkerPool::submit(Job job) {
  const std::lock_guard lock(mutex_);
  enqueue(std::move(job));
}

void WorkerPool::enqueue(Job job) {
  waiting_.push_back(std::move(job));
  if (idle_ >= waiting_.size() || threads_.size() == max_threads_) {
    changed_.notify_one();
    return;
  }
  try {
    const BlockedSignals blocked;
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;  // nobody would ever take the job
    changed_.notify_one();
  }
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace dray::server::engine
