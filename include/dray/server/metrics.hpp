#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <dray/server/engine.hpp>
#include <string>

namespace dray::server {

/// Counts what was served, and writes the page that Prometheus reads. Safe from many threads; a count costs a few
/// atomic additions.
class Metrics {
 public:
  void count(const Served& served) noexcept;
  /// https://prometheus.io/docs/instrumenting/exposition_formats/, text format 0.0.4.
  [[nodiscard]] std::string text(const EngineCounts& engine) const;

 private:
  static constexpr std::size_t methods = 8;
  static constexpr std::size_t statuses = 600;
  /// Upper ends of the answer times' classes, in microseconds; the last class has none.
  static constexpr std::array<std::uint64_t, 10> time_classes{100,     500,     1'000,     5'000,      25'000,
                                                              100'000, 500'000, 2'500'000, 10'000'000, 60'000'000};

  std::array<std::array<std::atomic<std::uint64_t>, statuses>, methods> requests_{};
  std::array<std::atomic<std::uint64_t>, time_classes.size() + 1> times_{};
  std::atomic<std::uint64_t> time_sum_{0};
  std::atomic<std::uint64_t> received_bytes_{0};
  std::atomic<std::uint64_t> sent_bytes_{0};
  std::atomic<std::uint64_t> broken_off_{0};
};

}  // namespace dray::server
