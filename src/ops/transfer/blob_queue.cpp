#include "blob_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <memory>

#include "connection_rule.hpp"

namespace dray::ops {

BlobQueue::BlobQueue(ContentSource& source, ContentSink& sink, TransferServices& services, std::vector<BlobJob> jobs,
                     std::size_t workers)
    : source_(source),
      sink_(sink),
      services_(services),
      jobs_(std::move(jobs)),
      workers_(workers),
      outcomes_(jobs_.size()) {
  std::vector<std::size_t> order(jobs_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [this](std::size_t i) { return jobs_[i].blob.size; });
  waiting_.with([&](Waiting& waiting) {
    for (const auto i : order) {
      const auto size = jobs_[i].blob.size;
      const bool large = size >= limits::min_ranged_blob_bytes && !jobs_[i].mount_from;
      (large ? waiting.large : waiting.small).push_back(i);
      if (!large) waiting.small_bytes += size;
    }
  });
}

Result<std::vector<BlobOutcome>> BlobQueue::run(const std::stop_token& stop) {
  TaskGroup group(services_.budget.max(), stop);
  const bool mounts = std::ranges::any_of(jobs_, [](const BlobJob& job) { return job.mount_from.has_value(); });
  // Mounts move no bytes: only round trips count.
  const auto by_default = mounts ? limits::max_connections : limits::max_blobs_per_host;
  const auto wanted = std::min(workers_ == 0 ? by_default : workers_, jobs_.size());
  if (workers_ == 0) services_.on_bytes = [this, &group] { consider_more(group); };
  for (std::size_t i = 0; i < wanted; ++i) {
    if (!start_worker(group, Takes::any)) break;
  }
  auto done = group.wait();
  services_.on_bytes = [] {};
  DRAY_TRY(std::move(done));
  return std::move(outcomes_);
}

bool BlobQueue::start_worker(TaskGroup& group, Takes takes) {
  auto slot = services_.budget.try_take();
  if (!slot) return false;
  group.run([this, takes, held = std::make_shared<ConnectionBudget::Slot>(std::move(*slot))](
                const std::stop_token& stop) { return work(takes, stop); });
  return true;
}

Result<void> BlobQueue::work(Takes takes, const std::stop_token& stop) {
  while (const auto i = next(takes)) {
    if (stop.stop_requested()) return Error(ErrorCode::cancelled, "the copy was stopped");
    DRAY_TRY_ASSIGN(outcomes_[*i], transfer_blob(source_, sink_, jobs_[*i], services_, stop));
  }
  return {};
}

std::optional<std::size_t> BlobQueue::next(Takes takes) {
  return waiting_.with([&](Waiting& waiting) -> std::optional<std::size_t> {
    auto& from = takes == Takes::any && !waiting.large.empty() ? waiting.large : waiting.small;
    if (from.empty()) return std::nullopt;
    const auto i = from.back();
    from.pop_back();
    if (&from == &waiting.small) waiting.small_bytes -= jobs_[i].blob.size;
    return i;
  });
}

void BlobQueue::consider_more(TaskGroup& group) {
  const auto now = services_.clock.now();
  const auto received = services_.totals.received.load();
  QueueLoad load{};
  const bool due = watch_.with([&](Watch& watch) {
    if (!watch.begin) {
      watch = {now, received};
      return false;
    }
    load.body_time = std::chrono::duration_cast<std::chrono::milliseconds>(now - *watch.begin);
    if (load.body_time < probe_time) return false;
    load.bytes_per_second =
        static_cast<double>(received - watch.received) / std::chrono::duration<double>(now - *watch.begin).count();
    watch = {now, received};
    return true;
  });
  if (!due) return;
  waiting_.with([&](const Waiting& waiting) {
    load.waiting = waiting.small.size();
    load.waiting_bytes = waiting.small_bytes;
  });
  load.free_connections = services_.budget.free();
  const auto more = decide_blobs(load);
  std::size_t started = 0;
  while (started < more && start_worker(group, Takes::small)) ++started;
  if (started > 0) {
    services_.observer.on(
        Observer::Decided{fmt::format("{} small blobs wait: fetching {} more at once", load.waiting, started)});
  }
}

}  // namespace dray::ops
