#pragma once

#include <condition_variable>
#include <cstddef>
#include <dray/http/url.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace dray::http {

/// How many requests may be under way to one origin. Those that read and those that write are counted apart: the body
/// of a write can be the answer to a read of the same host. Safe from many threads.
class HostSlots : public std::enable_shared_from_this<HostSlots> {
 public:
  enum class Kind : bool { reads, writes };
  explicit HostSlots(std::size_t per_host) : per_host_(per_host) {}

  /// One of them, given back by its destructor.
  class Slot {
   public:
    Slot(std::shared_ptr<HostSlots> slots, std::pair<Origin, Kind> key)
        : slots_(std::move(slots)), key_(std::move(key)) {}
    Slot(Slot&&) noexcept = default;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_) slots_->give_back(key_);
    }

   private:
    std::shared_ptr<HostSlots> slots_;
    std::pair<Origin, Kind> key_;
  };

  /// Waits for a free one; nullopt when it was stopped.
  [[nodiscard]] std::optional<Slot> take(const Origin& origin, Kind kind, const std::stop_token& stop);

 private:
  void give_back(const std::pair<Origin, Kind>& key);

  const std::size_t per_host_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::map<std::pair<Origin, Kind>, std::size_t> taken_;
};

}  // namespace dray::http
