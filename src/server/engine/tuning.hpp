#pragma once

#include <chrono>
#include <cstdint>
#include <dray/server/engine.hpp>
#include <dray/server/limits.hpp>
#include <memory>

namespace dray::server::engine {

/// What nobody sets but tests, which have no ten seconds to wait for a deadline.
struct Tuning {
  std::chrono::milliseconds head_deadline = limits::head_deadline;
  std::chrono::milliseconds idle_deadline = limits::idle_deadline;
  std::chrono::milliseconds handshake_deadline = limits::tls_handshake_deadline;
  std::chrono::milliseconds stall_deadline = limits::stall_deadline;
  std::chrono::milliseconds linger_deadline = limits::linger_deadline;
  std::uint64_t min_bytes_per_second = limits::min_bytes_per_second;
  std::chrono::milliseconds sweep_interval{1000};  ///< How often deadlines are looked at.
  std::size_t max_waiting_jobs = limits::max_waiting_jobs;
};

/// `Engine::start` with other deadlines.
[[nodiscard]] Result<std::unique_ptr<Engine>> start(const EngineOptions& options, const Tuning& tuning,
                                                    std::shared_ptr<Service> service, ServedCallback served);

}  // namespace dray::server::engine
