#pragma once

#include <atomic>
#include <dray/base/guarded.hpp>
#include <dray/base/task_group.hpp>
#include <dray/store/abilities.hpp>
#include <memory>
#include <optional>
#include <stop_token>

#include "blob_fetcher.hpp"
#include "blob_progress.hpp"
#include "blob_stream.hpp"
#include "growth.hpp"
#include "range_scheduler.hpp"
#include "services.hpp"

namespace dray::ops {

/// Brings what a writer misses of one blob: over one connection at first, over more where that makes it faster. The
/// calling thread does the first connection's work and sees the transfer through; the others are helpers, whose
/// network failures cost nothing but their help.
class RangedTransfer {
 public:
  RangedTransfer(BlobFetcher& fetcher, PositionedWriter& writer, BlobProgress& progress, TransferServices& services,
                 const std::stop_token& stop);

  /// Called once. Afterwards the writer misses nothing, or there is an error.
  [[nodiscard]] Result<void> run();

 private:
  enum class Role : std::uint8_t { leader, helper };
  struct Worker;

  Result<void> lead();
  void help(RangeScheduler::Lease first);
  Result<void> work(Worker& worker, RangeScheduler::Lease lease);
  Result<bool> connect(Worker& worker);
  Result<void> fetch(Worker& worker, std::size_t lease);
  void consider_growth();
  std::size_t add_helpers(const ConnectionDecision& decision, double rate);
  bool start_helper(std::optional<RangeScheduler::Lease> lease, ConnectionBudget::Slot slot);
  void fail(Error error);
  void say(std::string text);

  BlobFetcher& fetcher_;
  PositionedWriter& writer_;
  BlobProgress& progress_;
  TransferServices& services_;
  RangeScheduler ranges_;
  Growth growth_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::size_t> helpers_running_{0};
  std::atomic<bool> connected_{false};
  std::atomic<bool> ranges_ignored_{false};
  Guarded<std::optional<Error>> failure_;
  std::stop_source stop_;  // of this transfer
  std::stop_callback<std::function<void()>> on_outer_stop_;
  TaskGroup helpers_;  // last: its threads use all of the above
};

}  // namespace dray::ops
