#include "growth.hpp"

namespace dray::ops {

namespace {

using What = ConnectionDecision::What;

std::chrono::milliseconds since(Growth::TimePoint then, Growth::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

}  // namespace

Growth::Verdict Growth::look(TimePoint now, const Standing& standing) {
  return watch_.with([&](Watch& watch) { return look_at(watch, now, standing); });
}

Growth::Verdict Growth::look_at(Watch& watch, TimePoint now, const Standing& standing) {
  if (watch.settled || watch.deciding) return {};
  if (!watch.first_byte) {
    watch.first_byte = watch.window_begin = now;
    watch.window_received = standing.received;
    return {};
  }
  if (since(watch.window_begin, now) < probe_time) return {};
  watch.rate = static_cast<double>(standing.received - watch.window_received) /
               std::chrono::duration<double>(now - watch.window_begin).count();
  watch.window_begin = now;
  watch.window_received = standing.received;

  BlobLoad load{.body_time = since(*watch.first_byte, now),
                .bytes_left = standing.bytes_left,
                .all_bytes_left = standing.all_bytes_left,
                .bytes_per_second = watch.rate,
                .connections = standing.connections,
                .free_connections = standing.free_connections,
                .max_connections = standing.max_connections,
                .growth = {}};
  if (watch.grown_at) {
    load.growth = BlobLoad::Growth{since(*watch.grown_at, now), watch.connections_before, watch.rate_before};
  }
  const auto decision = decide_connections(load);
  if (load.growth && load.growth->ago >= growth_time) watch.grown_at.reset();
  if (decision.what == What::settle) watch.settled = true;
  watch.deciding = decision.what == What::add || decision.what == What::test;
  return {decision, watch.rate};
}

void Growth::grown(TimePoint now, std::size_t connections_before, std::size_t added) {
  watch_.with([&](Watch& watch) {
    watch.deciding = false;
    if (added == 0) return;
    watch.grown_at = now;
    watch.connections_before = connections_before;
    watch.rate_before = watch.rate;
  });
}

void Growth::interrupted(TimePoint now, std::uint64_t received) {
  watch_.with([&](Watch& watch) {
    watch.window_begin = now;
    watch.window_received = received;
  });
}

void Growth::settle() {
  watch_.with([](Watch& watch) { watch.settled = true; });
}

bool Growth::settled() const {
  return watch_.with([](const Watch& watch) { return watch.settled; });
}

}  // namespace dray::ops
