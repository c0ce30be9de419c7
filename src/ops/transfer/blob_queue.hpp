#pragma once

#include <cstddef>
#include <dray/base/guarded.hpp>
#include <dray/base/task_group.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <vector>

#include "blob_transfer.hpp"
#include "growth.hpp"
#include "services.hpp"

namespace dray::ops {

/// Carries out all blob jobs of a copy: the largest first, a few at a time, and more small ones at a time where the
/// line is slow to answer. Each worker holds one connection of the budget.
class BlobQueue {
 public:
  /// `workers` 0: `max_blobs_per_host`, and more small ones where that pays; else exactly so many, no more.
  BlobQueue(ContentSource& source, ContentSink& sink, TransferServices& services, std::vector<BlobJob> jobs,
            std::size_t workers);

  /// Called once. The outcomes are in the order of `jobs`; the first failure stops all.
  [[nodiscard]] Result<std::vector<BlobOutcome>> run(const std::stop_token& stop);

 private:
  enum class Takes : std::uint8_t { any, small };
  struct Waiting {
    std::vector<std::size_t> large;  // positions in `jobs_`, the next at the end
    std::vector<std::size_t> small;
    std::uint64_t small_bytes = 0;
  };
  struct Watch {
    std::optional<std::chrono::steady_clock::time_point> begin;
    std::uint64_t received = 0;
  };

  bool start_worker(TaskGroup& group, Takes takes);
  Result<void> work(Takes takes, const std::stop_token& stop);
  std::optional<std::size_t> next(Takes takes);
  void consider_more(TaskGroup& group);

  ContentSource& source_;
  ContentSink& sink_;
  TransferServices& services_;
  const std::vector<BlobJob> jobs_;
  const std::size_t workers_;
  std::vector<BlobOutcome> outcomes_;
  Guarded<Waiting> waiting_;
  Guarded<Watch> watch_;
};

}  // namespace dray::ops
