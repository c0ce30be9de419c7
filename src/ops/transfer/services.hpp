#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/abilities.hpp>
#include <functional>

#include "connection_budget.hpp"

namespace dray::ops {

/// What moved, over all blobs of an operation.
struct TransferTotals {
  std::atomic<std::uint64_t> received{0};  ///< Bytes that came in, repeats included.
  std::atomic<std::int64_t> left{0};       ///< Bytes of the plan that are still to come.

  [[nodiscard]] std::uint64_t bytes_left() const noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(left.load(), 0));
  }
};

/// What every transfer of an operation needs; outlives them all.
struct TransferServices {
  Clock& clock;
  Random& random;
  Observer& observer;
  ConnectionBudget& budget;
  TransferTotals& totals;
  OpensUrls* url_opener = nullptr;  ///< Who follows `urls`: the source, or else the sink; null where neither can.
  std::function<void()> on_bytes = [] {};  ///< Called after bytes came, from many threads.
};

}  // namespace dray::ops
