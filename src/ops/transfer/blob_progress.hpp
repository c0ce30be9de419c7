#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <dray/core/descriptor.hpp>

#include "services.hpp"

namespace dray::ops {

/// Tells the observer how far one blob is, a few times a second at most, and keeps the totals. Safe from many threads.
class BlobProgress {
 public:
  BlobProgress(const Descriptor& blob, TransferServices& services);

  /// `bytes` more are done.
  void add(std::uint64_t bytes);
  /// So many are done: after a resume, or when a try began anew.
  void set(std::uint64_t done);

 private:
  void report(std::uint64_t done);

  const Descriptor& blob_;
  TransferServices& services_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::chrono::steady_clock::rep> next_report_;
};

}  // namespace dray::ops
