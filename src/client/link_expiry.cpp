#include <algorithm>
#include <dray/client/repository.hpp>

#include "time_text.hpp"

namespace dray::client {
namespace {

std::string value_of(const http::Url& url, std::string_view name) {
  const auto value = url.query_value(name);
  return value ? *value : std::string();
}

/// Nobody signs for longer.
constexpr WallTime::duration longest_life = std::chrono::hours(24 * 365);

/// `<prefix>-Date` and the seconds of `<prefix>-Expires` behind it.
std::optional<WallTime> date_and_life(const http::Url& url, const std::string& prefix) {
  const auto date = parse_compact_time(value_of(url, prefix + "-Date"));
  const auto life = parse_unix_time(value_of(url, prefix + "-Expires"));
  if (!date || !life) return std::nullopt;
  return *date + std::min(life->time_since_epoch(), longest_life);
}

}  // namespace

// AWS signature 4 and Google's own spelling of it; Azure's shared access signature (`se`); Microsoft's CDN (`P1`);
// CloudFront, S3 signature 2 and Google's older form (`Expires`); Akamai, Fastly and others (`exp`, `expires`).
std::optional<WallTime> link_expiry(const http::Url& url) {
  for (const auto* const prefix : {"X-Amz", "X-Goog"}) {
    if (const auto time = date_and_life(url, prefix)) return time;
  }
  if (const auto time = parse_rfc3339(value_of(url, "se"))) return time;
  for (const auto* const name : {"P1", "Expires", "expires", "exp"}) {
    if (const auto time = parse_unix_time(value_of(url, name))) return time;
  }
  return std::nullopt;
}

}  // namespace dray::client
