#include "curl_lane.hpp"

#include <algorithm>
#include <dray/http/limits.hpp>

namespace dray::http {
namespace {

std::unique_ptr<Lane> new_lane() {
  auto lane = std::make_unique<Lane>();
  lane->multi.reset(curl_multi_init());
  lane->easy.reset(curl_easy_init());
  if (!lane->multi || !lane->easy) return nullptr;
  curl_multi_setopt(lane->multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(limits::max_lane_connections));
  return lane;
}

}  // namespace

void Lane::left_connection(const Origin& origin) {
  std::erase(origins, origin);
  if (origins.size() == limits::max_lane_connections) origins.erase(origins.begin());
  origins.push_back(origin);
}

std::unique_ptr<Lane> LanePool::borrow(const Origin& origin) {
  auto lane = idle_.with([&](auto& idle) -> std::unique_ptr<Lane> {
    if (idle.empty()) return nullptr;
    const auto has_connection = [&](const auto& candidate) {
      return std::ranges::find(candidate->origins, origin) != candidate->origins.end();
    };
    const auto latest = std::find_if(idle.rbegin(), idle.rend(), has_connection);
    const auto chosen = latest == idle.rend() ? idle.begin() : std::prev(latest.base());
    auto taken = std::move(*chosen);
    idle.erase(chosen);
    return taken;
  });
  return lane ? std::move(lane) : new_lane();
}

void LanePool::give_back(std::unique_ptr<Lane> lane) {
  // What is over the limit is closed behind the lock: closing talks to the network.
  const auto surplus = idle_.with([&](auto& idle) -> std::unique_ptr<Lane> {
    idle.push_back(std::move(lane));
    if (idle.size() <= limits::max_idle_lanes) return nullptr;
    auto oldest = std::move(idle.front());
    idle.erase(idle.begin());
    return oldest;
  });
}

}  // namespace dray::http
