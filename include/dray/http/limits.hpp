#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit of HTTP, with its reason; docs/limits.md is the same list for people. The limits of images are in
/// core/limits.hpp.
namespace dray::http {

/// A URL in all; signed CDN links have up to 2 KiB.
inline constexpr std::size_t max_url_bytes = 8 * 1024;
/// All heads of one answer together, informational ones included.
inline constexpr std::size_t max_header_bytes = 64 * 1024;
inline constexpr std::size_t max_header_lines = 128;
/// Challenges read from all `WWW-Authenticate` lines of one answer; the rest is ignored.
inline constexpr std::size_t max_challenges = 16;
inline constexpr std::size_t max_challenge_parameters = 32;
/// Links read from all `Link` lines of one answer.
inline constexpr std::size_t max_links = 64;

/// Hops of one call, see `HopPolicy`.
inline constexpr int max_redirects = 10;
/// A body no longer than this is read away when nobody wants it, so that its connection can be used again.
inline constexpr std::uint64_t max_discarded_bytes = 64 * 1024;

/// Name look-up and TCP, all addresses of the host together.
inline constexpr std::chrono::milliseconds connect_deadline = std::chrono::seconds(10);
inline constexpr std::chrono::milliseconds tls_deadline = std::chrono::seconds(10);
/// From the last byte of the request to the first of the answer.
inline constexpr std::chrono::milliseconds first_byte_deadline = std::chrono::seconds(30);
/// A transfer slower than `stall_bytes_per_second` for this long has stalled. Only time spent waiting counts.
inline constexpr std::chrono::milliseconds stall_deadline = std::chrono::seconds(30);
inline constexpr std::uint64_t stall_bytes_per_second = 1024;
/// How long a body waits for `100 Continue` before it is sent all the same.
inline constexpr std::chrono::milliseconds continue_wait = std::chrono::seconds(1);
/// Bodies above this ask with `Expect: 100-continue`, so that a refusal is heard before they are sent.
inline constexpr std::uint64_t continue_bytes = 1024 * 1024;

/// Tries of one request, the first included.
inline constexpr int max_tries = 5;
inline constexpr std::chrono::milliseconds first_retry_wait = std::chrono::milliseconds(250);
inline constexpr std::chrono::milliseconds max_retry_wait = std::chrono::seconds(30);
/// A longer `Retry-After` ends the tries.
inline constexpr std::chrono::seconds max_retry_after = std::chrono::seconds(120);

/// What one `recv` may bring: the buffer of a running transfer.
inline constexpr std::size_t receive_buffer_bytes = 256 * 1024;
inline constexpr std::size_t send_buffer_bytes = 256 * 1024;
/// Lanes (see src/http/curl_lane.hpp) kept for re-use, and connections kept in each.
inline constexpr std::size_t max_idle_lanes = 32;
inline constexpr std::size_t max_lane_connections = 4;

/// `--cacert` and system bundles.
inline constexpr std::uint64_t max_ca_file_bytes = 4 * 1024 * 1024;

}  // namespace dray::http
