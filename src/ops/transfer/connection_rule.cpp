#include "connection_rule.hpp"

#include <algorithm>
#include <cmath>
#include <dray/core/limits.hpp>

namespace dray::ops {

namespace {

using What = ConnectionDecision::What;

/// With less than this to go, new connections come too late to pay.
constexpr double worthwhile_seconds = 1;
/// The same for small blobs, whose connections are at work after one round trip.
constexpr double worthwhile_queue_seconds = 0.5;
/// The least by which the sum must rise.
constexpr double least_rise = 1.25;
/// At this rate connections are no longer what limits the transfer, as a rule: processor, disk or line do.
constexpr double fast_bytes_per_second = 100e6;

/// Half of what perfect connections would bring is asked for, at most a quarter more.
double wanted_rise(std::size_t before, std::size_t after) {
  const auto perfect = static_cast<double>(after) / static_cast<double>(std::max<std::size_t>(before, 1));
  return std::min(least_rise, 1 + (perfect - 1) / 2);
}

bool disappointed(const BlobLoad& load) {
  return load.bytes_per_second <
         load.growth->bytes_per_second_before * wanted_rise(load.growth->connections_before, load.connections);
}

/// The connections that this blob may have in all: by its share of the bytes, and none for less than a range.
std::size_t deserved(const BlobLoad& load) {
  const auto all = std::max(load.all_bytes_left, load.bytes_left);
  const auto share = static_cast<double>(load.bytes_left) / static_cast<double>(all);
  const auto by_share = static_cast<std::size_t>(std::ceil(static_cast<double>(load.max_connections) * share));
  const auto by_size = static_cast<std::size_t>(load.bytes_left / limits::min_range_bytes);
  return std::min({by_share, by_size, load.max_connections});
}

}  // namespace

ConnectionDecision decide_connections(const BlobLoad& load) noexcept {
  if (load.body_time < probe_time) return {};
  if (load.growth) {
    if (load.growth->ago < growth_time) return {};
    if (disappointed(load)) return {What::settle, 0};
  }
  if (load.bytes_left < limits::min_ranged_blob_bytes || load.bytes_per_second <= 0) return {};
  if (static_cast<double>(load.bytes_left) <= load.bytes_per_second * worthwhile_seconds) return {};
  const auto wanted = deserved(load);
  if (wanted <= load.connections || load.free_connections == 0) return {};
  const auto room = std::min(wanted - load.connections, load.free_connections);
  if (load.bytes_per_second >= fast_bytes_per_second) return {What::test, std::min(room, load.connections)};
  return {What::add, room};
}

std::size_t decide_blobs(const QueueLoad& load) noexcept {
  if (load.body_time < probe_time || load.bytes_per_second <= 0) return 0;
  if (static_cast<double>(load.waiting_bytes) <= load.bytes_per_second * worthwhile_queue_seconds) return 0;
  return std::min(load.waiting, load.free_connections);
}

}  // namespace dray::ops
