#include "time_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace dray::client {
namespace {

using std::chrono::seconds;

/// Reads from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Exactly `digits` digits.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool skip(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// The clock counts nanoseconds and ends in 2262; sums and differences of two times must not leave it either.
constexpr int first_year = 1970;
constexpr int last_year = 2200;
constexpr std::int64_t begin_of_last_year = 7'258'118'400;

std::optional<WallTime> date(int year, int month, int day) {
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day))};
  if (!ymd.ok()) return std::nullopt;
  const std::chrono::year within(std::clamp(year, first_year, last_year));
  return std::chrono::sys_days(within / ymd.month() / ymd.day());
}

std::optional<WallTime> scan_date(Scanner& scanner, bool with_dashes) {
  const auto year = scanner.number(4);
  if (!year || (with_dashes && !scanner.skip("-"))) return std::nullopt;
  const auto month = scanner.number(2);
  if (!month || (with_dashes && !scanner.skip("-"))) return std::nullopt;
  const auto day = scanner.number(2);
  if (!day) return std::nullopt;
  return date(*year, *month, *day);
}

/// `03:04[:05[.678]]`
std::optional<seconds> scan_time(Scanner& scanner) {
  const auto hour = scanner.number(2);
  if (!hour || *hour > 23 || !scanner.skip(":")) return std::nullopt;
  const auto minute = scanner.number(2);
  if (!minute || *minute > 59) return std::nullopt;
  seconds time = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!scanner.skip(":")) return time;
  const auto second = scanner.number(2);
  if (!second || *second > 60) return std::nullopt;
  time += seconds(*second);
  if (scanner.skip(".,")) {
    if (!scanner.number(1)) return std::nullopt;
    while (scanner.number(1)) {
    }
  }
  return time;
}

/// `Z`, `+01:00` or nothing.
std::optional<seconds> scan_zone(Scanner& scanner) {
  if (scanner.at_end() || scanner.skip("Zz")) return seconds(0);
  const bool west = scanner.front() == '-';
  if (!scanner.skip("+-")) return std::nullopt;
  const auto hours = scanner.number(2);
  if (!hours || *hours > 23 || !scanner.skip(":")) return std::nullopt;
  const auto minutes = scanner.number(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return west ? -offset : offset;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Scanner scanner(text);
  const auto day = scan_date(scanner, true);
  if (!day || scanner.at_end()) return day;
  if (!scanner.skip("Tt ")) return std::nullopt;
  const auto time = scan_time(scanner);
  if (!time) return std::nullopt;
  const auto offset = scan_zone(scanner);
  if (!offset || !scanner.at_end()) return std::nullopt;
  return *day + *time - *offset;
}

std::optional<WallTime> parse_compact_time(std::string_view text) {
  Scanner scanner(text);
  const auto day = scan_date(scanner, false);
  if (!day || !scanner.skip("T")) return std::nullopt;
  const auto hour = scanner.number(2);
  const auto minute = hour ? scanner.number(2) : std::nullopt;
  const auto second = minute ? scanner.number(2) : std::nullopt;
  if (!second || !scanner.skip("Z") || !scanner.at_end()) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return *day + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

std::optional<WallTime> parse_unix_time(std::string_view text) {
  constexpr std::int64_t end_of_9999 = 253'402'300'800;
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value >= end_of_9999) return std::nullopt;
  return WallTime(seconds(std::min(value, begin_of_last_year)));
}

}  // namespace dray::client
