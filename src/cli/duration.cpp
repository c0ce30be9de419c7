#include "duration.hpp"

#include <charconv>
#include <string>

namespace dray::cli {
namespace {

constexpr std::int64_t most_seconds = 10LL * 366 * 24 * 3600;

std::int64_t seconds_of(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 24 * 3600;
  return 0;
}

}  // namespace

Result<std::chrono::seconds> parse_duration(std::string_view option, std::string_view text) {
  std::int64_t count = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, count);
  const auto unit = error == std::errc{} ? seconds_of({at, static_cast<std::size_t>(end - at)}) : 0;
  if (unit == 0 || count < 0 || count > most_seconds / unit) {
    return Error(ErrorCode::invalid_input,
                 std::string(option) + " takes a time such as 90s, 5m, 12h or 7d, not '" + std::string(text) + "'");
  }
  return std::chrono::seconds(count * unit);
}

}  // namespace dray::cli
