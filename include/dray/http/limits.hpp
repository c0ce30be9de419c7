#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of HTTP. docs/limits.md tells them to people, beside those of core/limits.hpp.
/// Sizes are in bytes unless the name says otherwise.
namespace dray::http::limits {

// Answers

/// A URL, given by a person or a peer: redirect, upload location, next page, descriptor's `urls`.
inline constexpr std::size_t max_url_bytes = 16UL * 1024;
/// The header of one answer, all lines together, those of informational answers included.
inline constexpr std::size_t max_header_bytes = 64UL * 1024;
/// Lines of one answer's header.
inline constexpr std::size_t max_header_lines = 256;
/// Challenges read from the `WWW-Authenticate` lines of one answer; more are ignored.
inline constexpr std::size_t max_challenges = 16;
/// Parameters read of one challenge; more are ignored.
inline constexpr std::size_t max_challenge_parameters = 32;
/// Links read from the `Link` lines of one answer; more are ignored.
inline constexpr std::size_t max_links = 64;
/// Redirects of one request.
inline constexpr int max_redirects = 10;
/// The body of an answer that nobody wants is read away up to this size, so that its connection can be used again.
inline constexpr std::uint64_t max_discarded_bytes = 64ULL * 1024;
/// A PEM file of certificate authorities.
inline constexpr std::uint64_t max_ca_file_bytes = 4ULL * 1024 * 1024;

// Retry

/// Tries of one request, the first included.
inline constexpr int max_tries = 5;
/// Upper end of the first wait; it doubles with each try, and the wait is drawn evenly from zero to it.
inline constexpr std::chrono::milliseconds first_retry_wait{250};
/// The longest of these waits.
inline constexpr std::chrono::milliseconds max_retry_wait{30'000};
/// The longest `Retry-After` that is obeyed; a longer one ends the tries.
inline constexpr std::chrono::seconds max_retry_after{120};

// Deadlines

/// From the attempt to the open connection, look-up of the name included.
inline constexpr std::chrono::seconds connect_deadline{10};
/// The TLS handshake.
inline constexpr std::chrono::seconds tls_deadline{10};
/// From the request's end to the answer's first byte.
inline constexpr std::chrono::seconds first_byte_deadline{30};
/// A transfer that stays below `min_bytes_per_second` for this long is given up (and resumed where it can be). Only
/// time spent waiting for the peer counts.
inline constexpr std::chrono::seconds stall_deadline{30};
/// The rate below which a transfer counts as stalled.
inline constexpr std::uint64_t min_bytes_per_second = 1024;
/// A body larger than this is announced with `Expect: 100-continue`, so that a refusal is heard before it is sent.
inline constexpr std::uint64_t min_announced_body_bytes = 1ULL * 1024 * 1024;
/// How long an announced body waits for the peer's word before it is sent all the same.
inline constexpr std::chrono::seconds continue_deadline{1};

// Connections

/// What a running transfer receives at most at a time.
inline constexpr std::size_t receive_buffer_bytes = 256UL * 1024;
/// What a running upload sends at most at a time.
inline constexpr std::size_t send_buffer_bytes = 256UL * 1024;
/// Lanes, each with connections of its own, that are kept for later requests.
inline constexpr std::size_t max_idle_lanes = 32;
/// Connections that one lane keeps open.
inline constexpr std::size_t max_lane_connections = 4;

}  // namespace dray::http::limits
