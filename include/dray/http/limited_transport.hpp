#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/http/transport.hpp>
#include <memory>

namespace dray::http {

/// What a person allows this program to ask of the network; 0: as much as it likes.
struct TrafficLimits {
  std::uint64_t bytes_per_second = 0;  ///< Bodies received and sent, over all connections together.
  std::uint64_t requests = 0;          ///< Every try and every hop counts, those for tokens too.
  std::size_t per_host = 0;            ///< Requests to one origin at a time: so many that read, so many that write.

  [[nodiscard]] bool any() const noexcept { return bytes_per_second > 0 || requests > 0 || per_host > 0; }
};

/// The transport under these limits. A request that waits for its turn, and a body that waits for its bytes, end with
/// `cancelled` when they are stopped; the request after the last one allowed is `limit_exceeded`.
/// `clock` outlives the transport and its exchanges.
[[nodiscard]] std::shared_ptr<Transport> limit_traffic(std::shared_ptr<Transport> transport,
                                                       const TrafficLimits& limits, Clock& clock);

}  // namespace dray::http
