#pragma once

#include <chrono>
#include <cstdint>
#include <dray/http/message.hpp>
#include <optional>
#include <string>

namespace dray::client {

/// How much may be asked of a registry, as it says itself. A value.
struct RateLimit {
  std::optional<std::uint64_t> limit;          ///< In each window.
  std::optional<std::uint64_t> remaining;      ///< In this one.
  std::optional<std::chrono::seconds> window;  ///< How long one is.
  std::optional<std::chrono::seconds> reset;   ///< Until this one ends, counted from the answer.
  std::string source;                          ///< For whom is counted: an address or an account; empty: not said.

  /// For people: `76 of 100 requests in 6 h`.
  [[nodiscard]] std::string text() const;
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// Reads `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` and `docker-ratelimit-source`; nullopt where
/// neither a limit nor a remainder can be read. `100;w=21600` is a value and its window in seconds. Of a list
/// (`100, 100;w=60, 1000;w=3600`) the first value holds, and the window of the first entry that repeats it. A reset is
/// in seconds; one so large that it must be a moment since 1970 is counted from `now`.
/// Source: docs.docker.com, "Docker Hub usage and limits"; draft-ietf-httpapi-ratelimit-headers-06.
[[nodiscard]] std::optional<RateLimit> parse_rate_limit(const http::Headers& headers,
                                                        std::chrono::system_clock::time_point now);

}  // namespace dray::client
