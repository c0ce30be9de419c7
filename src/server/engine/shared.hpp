#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/base/guarded.hpp>
#include <dray/server/engine.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "engine/tls_context.hpp"
#include "engine/tuning.hpp"
#include "engine/worker_pool.hpp"

namespace dray::server::engine {

struct Counters {
  std::atomic<std::uint64_t> connections_now = 0;
  std::atomic<std::uint64_t> connections_accepted = 0;
  std::atomic<std::uint64_t> connections_refused = 0;
  std::atomic<std::uint64_t> deadlines_passed = 0;
  std::atomic<std::uint64_t> bad_requests = 0;
};

/// How many connections there are, those included that are only told to go away; `stop` waits for the last.
class LiveConnections {
 public:
  void add() noexcept { ++count_; }
  void remove() {
    if (--count_ > 0) return;
    const std::lock_guard lock(mutex_);
    none_.notify_all();
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// False when the time was over first.
  [[nodiscard]] bool wait_for_none(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    return none_.wait_until(lock, until, [this] { return count_ == 0; });
  }
  void wait_for_none() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::atomic<std::size_t> count_ = 0;
  std::mutex mutex_;
  std::condition_variable none_;
};

/// What all loops of an engine have in common. Outlives them.
struct Shared {
  Shared(const Tuning& chosen, std::size_t max_workers, std::shared_ptr<Service> served_by, ServedCallback callback)
      : tuning(chosen),
        service(std::move(served_by)),
        served(std::move(callback)),
        workers(max_workers, chosen.max_waiting_jobs) {}

  const Tuning tuning;
  const std::shared_ptr<Service> service;
  const ServedCallback served;
  Guarded<std::shared_ptr<const TlsContext>> tls;  ///< Null: plain.
  Counters counters;
  LiveConnections live;
  std::atomic<bool> stopping = false;
  WorkerPool workers;
};

/// A connection's place in the counts, for as long as it lives.
class Seat {
 public:
  /// `extra`: over the limit, and only there to be told so.
  Seat(Shared& shared, bool extra) noexcept : shared_(&shared), extra_(extra) {
    shared_->live.add();
    if (!extra_) ++shared_->counters.connections_now;
  }
  ~Seat() {
    if (shared_ == nullptr) return;
    if (!extra_) --shared_->counters.connections_now;
    shared_->live.remove();
  }
  Seat(Seat&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)), extra_(other.extra_) {}
  Seat& operator=(Seat&&) = delete;
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  [[nodiscard]] bool extra() const noexcept { return extra_; }

 private:
  Shared* shared_;
  bool extra_;
};

/// A connection that was accepted and has no loop yet.
struct Newcomer {
  Seat seat;
  FileDescriptor socket;
  std::string peer;
};

}  // namespace dray::server::engine
