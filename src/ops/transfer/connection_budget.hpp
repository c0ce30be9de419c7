#pragma once

#include <cstddef>
#include <dray/base/guarded.hpp>
#include <optional>
#include <utility>

namespace dray::ops {

/// The connections that all transfers of one operation share. Safe from many threads.
class ConnectionBudget {
 public:
  explicit ConnectionBudget(std::size_t connections) : max_(connections), free_(connections) {}

  /// The right to one connection, until it is destroyed. Outlived by its budget.
  class Slot {
   public:
    explicit Slot(ConnectionBudget& budget) noexcept : budget_(&budget) {}
    ~Slot() {
      if (budget_ != nullptr) budget_->free_.with([](std::size_t& free) { ++free; });
    }
    Slot(Slot&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;

   private:
    ConnectionBudget* budget_;
  };

  [[nodiscard]] std::optional<Slot> try_take() {
    const bool taken = free_.with([](std::size_t& free) {
      if (free == 0) return false;
      --free;
      return true;
    });
    if (!taken) return std::nullopt;
    return std::optional<Slot>(std::in_place, *this);
  }

  [[nodiscard]] std::size_t max() const noexcept { return max_; }
  [[nodiscard]] std::size_t free() const {
    return free_.with([](const std::size_t& free) { return free; });
  }

 private:
  const std::size_t max_;
  Guarded<std::size_t> free_;
};

}  // namespace dray::ops
