#include "blob_progress.hpp"

namespace dray::ops {

namespace {

constexpr std::chrono::steady_clock::duration report_interval = std::chrono::milliseconds(200);

}  // namespace

BlobProgress::BlobProgress(const Descriptor& blob, TransferServices& services)
    : blob_(blob),
      services_(services),
      next_report_((services.clock.now() + report_interval).time_since_epoch().count()) {}

void BlobProgress::add(std::uint64_t bytes) {
  services_.totals.left -= static_cast<std::int64_t>(bytes);
  report(done_ += bytes);
}

void BlobProgress::set(std::uint64_t done) {
  const auto before = done_.exchange(done);
  services_.totals.left += static_cast<std::int64_t>(before) - static_cast<std::int64_t>(done);
  if (done > before) report(done);
}

void BlobProgress::report(std::uint64_t done) {
  const auto now = services_.clock.now();
  auto due = next_report_.load();
  if (now.time_since_epoch().count() < due) return;
  // One of the threads that see it due reports it.
  if (!next_report_.compare_exchange_strong(due, (now + report_interval).time_since_epoch().count())) return;
  services_.observer.on(Observer::Progress{blob_.digest, done, blob_.size});
}

}  // namespace dray::ops
