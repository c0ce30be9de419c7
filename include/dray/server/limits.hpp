#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the registry server on what clients send and on what is spent on them; docs/limits.md tells them.
namespace dray::server::limits {

// Requests

/// The request line and all header lines together.
inline constexpr std::size_t max_head_bytes = 32UL * 1024;
/// Header lines of one request.
inline constexpr std::size_t max_header_lines = 100;
/// The request line's target.
inline constexpr std::size_t max_target_bytes = 8UL * 1024;
/// Query parameters of one request.
inline constexpr std::size_t max_parameters = 64;
/// The body of a token request.
inline constexpr std::size_t max_form_bytes = 16UL * 1024;
/// A bearer token that is presented to us.
inline constexpr std::size_t max_presented_token_bytes = 16UL * 1024;
/// A body that nobody wants is read up to this, so that the connection can go on; beyond it the connection ends.
inline constexpr std::uint64_t max_drained_bytes = 64ULL * 1024;
/// Chunk extensions and trailers of one chunked body.
inline constexpr std::size_t max_chunk_overhead_bytes = 16UL * 1024;

// Time

/// From the first byte of a head to its last; also from the connection to the first head.
inline constexpr std::chrono::seconds head_deadline{10};
/// Between two requests.
inline constexpr std::chrono::seconds idle_deadline{60};
inline constexpr std::chrono::seconds tls_handshake_deadline{10};
/// A body that comes, or an answer that is taken, slower than `min_bytes_per_second` over this long is cut.
inline constexpr std::chrono::seconds stall_deadline{30};
inline constexpr std::uint64_t min_bytes_per_second = 1024;
/// How long a client that was told the end may go on talking before the connection is cut.
inline constexpr std::chrono::seconds linger_deadline{2};
/// What a client that finds the server full is told to wait (`Retry-After`).
inline constexpr std::chrono::seconds busy_retry_after{2};

// Memory

/// What one loop reads into; shared by all its connections.
inline constexpr std::size_t scratch_bytes = 256UL * 1024;
/// What a body in transfer to or from a worker holds at a time.
inline constexpr std::size_t transfer_bytes = 256UL * 1024;
/// Pieces of that size that one loop holds, over all bodies that come in.
inline constexpr std::size_t max_transfer_buffers = 64;
/// What an answer that is read on a worker holds at a time.
inline constexpr std::size_t stream_piece_bytes = 64UL * 1024;
/// Connections over the limit that are told so; more are closed without a word.
inline constexpr std::size_t max_refused_connections = 256;
/// Requests waiting for a worker; beyond it 503 is answered.
inline constexpr std::size_t max_waiting_jobs = 4096;

// Listings

/// Entries of a page when the client names no number, and the most it may have.
inline constexpr std::size_t default_tags_page = 1000;
inline constexpr std::size_t max_tags_page = 10'000;
inline constexpr std::size_t default_catalog_page = 100;
inline constexpr std::size_t max_catalog_page = 1000;
/// Bytes of one page of referrers.
inline constexpr std::uint64_t max_referrers_page_bytes = 4ULL * 1024 * 1024;
/// Repositories looked through for a blob that a client wants mounted without saying from where.
inline constexpr std::size_t max_mount_candidates = 1000;
/// `tag` parameters of one manifest push by digest.
inline constexpr std::size_t max_tags_of_push = 10;

// Pull-through

/// Blobs fetched from upstreams at a time; a further one is answered 503.
inline constexpr std::size_t max_fills = 64;
/// Tries of one blob from an upstream, each going on where the last one ended.
inline constexpr int max_fill_tries = 5;
/// "Not there" from an upstream is believed this long.
inline constexpr std::chrono::seconds missing_lifetime{10};
/// Tags whose last check, and names whose absence, are remembered.
inline constexpr std::size_t max_remembered_names = 100'000;

// Uploads and access

/// An upload that nobody touches is removed after this.
inline constexpr std::chrono::hours upload_age{24 * 7};
/// Failed logins of one address within `failed_login_window`; more are answered 429.
inline constexpr std::size_t max_failed_logins = 10;
inline constexpr std::chrono::seconds failed_login_window{60};
/// Addresses whose failures are remembered.
inline constexpr std::size_t max_remembered_addresses = 100'000;
/// Logins that were right and need no second check of the password, and for how long.
inline constexpr std::size_t max_remembered_logins = 10'000;
inline constexpr std::chrono::seconds remembered_login_lifetime{60};
/// An htpasswd file.
inline constexpr std::uint64_t max_password_file_bytes = 1024UL * 1024;
/// The cost of a bcrypt hash: each one more doubles the time of a check.
inline constexpr unsigned max_bcrypt_cost = 17;
/// A user name and password as a client sends them.
inline constexpr std::size_t max_login_bytes = 4096;
/// A key for tokens or signed links; also the shortest of each.
inline constexpr std::uint64_t max_key_file_bytes = 4096;
inline constexpr std::size_t min_token_key_bytes = 32;
inline constexpr std::size_t min_link_key_bytes = 16;
/// Scopes of one token request.
inline constexpr std::size_t max_scopes = 64;
/// A bearer token of our own service is valid this long.
inline constexpr std::chrono::seconds token_lifetime{300};
/// The same of a refresh token, unless its user's password changes before.
inline constexpr std::chrono::hours refresh_token_lifetime{24 * 30};
/// How far the clocks of two servers with one key may be apart.
inline constexpr std::chrono::seconds token_clock_leeway{5};
/// A signed link to a blob is valid this long at most.
inline constexpr std::chrono::minutes max_signed_link_lifetime{20};

}  // namespace dray::server::limits
