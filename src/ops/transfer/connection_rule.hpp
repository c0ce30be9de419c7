#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

// How many connections a transfer is worth: pure functions, so that a table can test them.

namespace dray::ops {

/// What one large blob's transfer knows about itself.
struct BlobLoad {
  /// Connections that were added last, and how it was before them.
  struct Growth {
    std::chrono::milliseconds ago{};
    std::size_t connections_before = 1;
    double bytes_per_second_before = 0;
  };
  std::chrono::milliseconds body_time{};  ///< Since the first byte came.
  std::uint64_t bytes_left = 0;           ///< Of this blob.
  std::uint64_t all_bytes_left = 0;       ///< Of all blobs, this one included.
  double bytes_per_second = 0;            ///< The sum over this blob's connections, of late.
  std::size_t connections = 1;            ///< Of this blob.
  std::size_t free_connections = 0;       ///< That nobody uses.
  std::size_t max_connections = 1;        ///< Over all blobs.
  std::optional<Growth> growth;           ///< Unset once it was judged.
};

struct ConnectionDecision {
  enum class What : std::uint8_t {
    as_is,   ///< Nothing changes now.
    add,     ///< Open `connections` more at once, each with a large range.
    test,    ///< Open `connections` more with small ranges, to see whether they raise the sum.
    settle,  ///< The last ones did not raise the sum: never add again.
  };
  What what = What::as_is;
  std::size_t connections = 0;
};

/// How long bytes must have come before a rate is believed.
inline constexpr std::chrono::milliseconds probe_time{100};
/// How long after new connections their effect is judged.
inline constexpr std::chrono::milliseconds growth_time{300};

/// Whether a blob is worth more connections. Where a connection's rate is the limit, all that its share of the
/// remaining bytes allows are opened at once: each would cost a round trip on its own. Where the sum is as fast as a
/// processor, their number is doubled step by step.
[[nodiscard]] ConnectionDecision decide_connections(const BlobLoad& load) noexcept;

/// What the queue of small blobs knows about itself.
struct QueueLoad {
  std::chrono::milliseconds body_time{};
  std::size_t waiting = 0;  ///< Small blobs that nobody has begun.
  std::uint64_t waiting_bytes = 0;
  double bytes_per_second = 0;  ///< Over all blobs.
  std::size_t free_connections = 0;
};

/// How many more small blobs to fetch at once: many short requests over a long line wait for round trips, not bytes.
[[nodiscard]] std::size_t decide_blobs(const QueueLoad& load) noexcept;

}  // namespace dray::ops
