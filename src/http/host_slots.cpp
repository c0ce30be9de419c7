#include "host_slots.hpp"

namespace dray::http {

std::optional<HostSlots::Slot> HostSlots::take(const Origin& origin, Kind kind, const std::stop_token& stop) {
  std::pair key(origin, kind);
  {
    std::unique_lock lock(mutex_);
    auto& taken = taken_[key];
    if (!freed_.wait(lock, stop, [&] { return taken < per_host_; })) return std::nullopt;
    ++taken;
  }
  return std::optional<Slot>(std::in_place, shared_from_this(), std::move(key));
}

void HostSlots::give_back(const std::pair<Origin, Kind>& key) {
  {
    const std::lock_guard lock(mutex_);
    --taken_[key];
  }
  freed_.notify_all();
}

}  // namespace dray::http
