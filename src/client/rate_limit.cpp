#include <dray/client/rate_limit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "peer_words.hpp"

namespace dray::client {
namespace {

using std::chrono::seconds;

/// A reset beyond this is a moment, not a wait: 2001 in seconds since 1970, or 31 years.
constexpr std::uint64_t first_moment = 1'000'000'000;
/// Nobody counts in longer windows; it keeps sums of times in range.
constexpr std::uint64_t longest_window = 366ULL * 24 * 3600;
constexpr std::size_t max_quotas = 16;
constexpr std::size_t max_source_chars = 64;

struct Quota {
  std::uint64_t value = 0;
  std::optional<seconds> window;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// What stands before `separator`, which is taken away with it.
std::string_view take_part(std::string_view& text, char separator) {
  const auto end = std::min(text.find(separator), text.size());
  const auto part = trim(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + 1));
  return part;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Quota> read_quota(std::string_view text) {
  const auto value = number(take_part(text, ';'));
  if (!value) return std::nullopt;
  Quota quota{*value, std::nullopt};
  while (!text.empty()) {
    const auto parameter = take_part(text, ';');
    if (!parameter.starts_with("w=") && !parameter.starts_with("W=")) continue;
    const auto window = number(parameter.substr(2));
    if (window && *window > 0 && *window <= longest_window) quota.window = seconds(*window);
  }
  return quota;
}

std::vector<Quota> read_quotas(const http::Headers& headers, std::string_view name) {
  std::vector<Quota> quotas;
  for (auto line : headers.all(name)) {
    while (!line.empty() && quotas.size() < max_quotas) {
      if (const auto quota = read_quota(take_part(line, ','))) quotas.push_back(*quota);
    }
  }
  return quotas;
}

/// The window of the first entry that names it for the value that holds.
std::optional<seconds> window_of(const std::vector<Quota>& quotas) {
  for (const auto& quota : quotas) {
    if (quota.window && quota.value == quotas.front().value) return quota.window;
  }
  return std::nullopt;
}

std::optional<seconds> read_reset(const http::Headers& headers, std::chrono::system_clock::time_point now) {
  const auto quotas = read_quotas(headers, "RateLimit-Reset");
  if (quotas.empty()) return std::nullopt;
  auto value = quotas.front().value;
  if (value >= first_moment) {
    const auto passed = std::chrono::duration_cast<seconds>(now.time_since_epoch()).count();
    const auto today = static_cast<std::uint64_t>(std::max<std::int64_t>(passed, 0));
    value = value > today ? value - today : 0;
  }
  return seconds(std::min(value, longest_window));
}

std::string duration_text(seconds duration) {
  const auto count = duration.count();
  if (count > 0 && count % 3600 == 0) return fmt::format("{} h", count / 3600);
  if (count > 0 && count % 60 == 0) return fmt::format("{} min", count / 60);
  return fmt::format("{} s", count);
}

}  // namespace

std::string RateLimit::text() const {
  std::string text;
  if (remaining && limit) {
    text = fmt::format("{} of {} requests", *remaining, *limit);
  } else if (remaining) {
    text = fmt::format("{} more requests", *remaining);
  } else {
    text = fmt::format("{} requests", limit.value_or(0));
  }
  if (window) text += " in " + duration_text(*window);
  if (reset) text += ", anew in " + duration_text(*reset);
  if (!source.empty()) text += ", counted for " + source;
  return text;
}

std::optional<RateLimit> parse_rate_limit(const http::Headers& headers, std::chrono::system_clock::time_point now) {
  const auto limits = read_quotas(headers, "RateLimit-Limit");
  const auto remainders = read_quotas(headers, "RateLimit-Remaining");
  if (limits.empty() && remainders.empty()) return std::nullopt;
  RateLimit result;
  if (!limits.empty()) {
    result.limit = limits.front().value;
    result.window = window_of(limits);
  }
  if (!remainders.empty()) {
    result.remaining = remainders.front().value;
    if (!result.window) result.window = window_of(remainders);
  }
  result.reset = read_reset(headers, now);
  if (const auto* const source = headers.find("docker-ratelimit-source")) {
    result.source = clean_words(*source).substr(0, max_source_chars);
  }
  return result;
}

}  // namespace dray::client
