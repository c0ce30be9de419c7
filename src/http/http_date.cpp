#include <dray/http/retry.hpp>

#include <algorithm>
#include <array>

#include "text.hpp"

namespace dray::http {
namespace {

using namespace std::chrono;

constexpr auto month_names = std::to_array<std::string_view>(
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"});
constexpr auto day_names =
    std::to_array<std::string_view>({"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"});

std::optional<unsigned> take_digits(Cursor& cursor, std::size_t count) {
  const auto digits = cursor.rest().substr(0, count);
  if (digits.size() != count || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  cursor.skip(count);
  return parse_number<unsigned>(digits);
}

std::optional<unsigned> take_month(Cursor& cursor) {
  const auto at = std::ranges::find(month_names, cursor.rest().substr(0, 3));
  if (at == month_names.end()) return std::nullopt;
  cursor.skip(3);
  return static_cast<unsigned>(at - month_names.begin()) + 1;
}

/// `08:49:37`; a leap second is taken for the one before it.
std::optional<seconds> take_time(Cursor& cursor) {
  const auto hour = take_digits(cursor, 2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const auto minute = take_digits(cursor, 2);
  if (!minute || *minute > 59 || !cursor.take(':')) return std::nullopt;
  const auto second = take_digits(cursor, 2);
  if (!second || *second > 60) return std::nullopt;
  return hours(*hour) + minutes(*minute) + seconds(std::min(*second, 59U));
}

std::optional<system_clock::time_point> point(unsigned year_number, unsigned month_number, unsigned day_number,
                                              seconds time) {
  const year_month_day date{year(static_cast<int>(year_number)), month(month_number), day(day_number)};
  if (!date.ok()) return std::nullopt;
  // The clock counts nanoseconds, and the difference of two dates must not last longer than 292 years.
  const year within(std::clamp(static_cast<int>(year_number), 1970, 2200));
  return sys_days(within / date.month() / date.day()) + time;
}

/// ` 1994 08:49:37 GMT` with `year_digits` of the year.
struct YearAndTime {
  unsigned year = 0;
  seconds time{};
};
std::optional<YearAndTime> take_year_and_time(Cursor& cursor, std::size_t year_digits) {
  const auto year_number = take_digits(cursor, year_digits);
  if (!year_number || !cursor.take(' ')) return std::nullopt;
  const auto time = take_time(cursor);
  if (!time || cursor.rest() != " GMT") return std::nullopt;
  return YearAndTime{*year_number, *time};
}

/// IMF-fixdate behind the name of the day: `06 Nov 1994 08:49:37 GMT`.
std::optional<system_clock::time_point> parse_fixed(Cursor cursor) {
  const auto day_number = take_digits(cursor, 2);
  if (!day_number || !cursor.take(' ')) return std::nullopt;
  const auto month_number = take_month(cursor);
  if (!month_number || !cursor.take(' ')) return std::nullopt;
  const auto rest = take_year_and_time(cursor, 4);
  if (!rest) return std::nullopt;
  return point(rest->year, *month_number, *day_number, rest->time);
}

/// rfc850-date: `06-Nov-94 08:49:37 GMT`. Two digits of a year mean 1970 to 2069.
std::optional<system_clock::time_point> parse_rfc850(Cursor cursor) {
  const auto day_number = take_digits(cursor, 2);
  if (!day_number || !cursor.take('-')) return std::nullopt;
  const auto month_number = take_month(cursor);
  if (!month_number || !cursor.take('-')) return std::nullopt;
  const auto rest = take_year_and_time(cursor, 2);
  if (!rest) return std::nullopt;
  return point(rest->year + (rest->year < 70 ? 2000 : 1900), *month_number, *day_number, rest->time);
}

/// asctime-date: `Nov  6 08:49:37 1994`.
std::optional<system_clock::time_point> parse_asctime(Cursor cursor) {
  const auto month_number = take_month(cursor);
  if (!month_number || !cursor.take(' ')) return std::nullopt;
  const auto day_number = cursor.take(' ') ? take_digits(cursor, 1) : take_digits(cursor, 2);
  if (!day_number || !cursor.take(' ')) return std::nullopt;
  const auto time = take_time(cursor);
  if (!time || !cursor.take(' ')) return std::nullopt;
  const auto year_number = take_digits(cursor, 4);
  if (!year_number || !cursor.at_end()) return std::nullopt;
  return point(*year_number, *month_number, *day_number, *time);
}

}  // namespace

std::optional<system_clock::time_point> parse_http_date(std::string_view value) {
  Cursor cursor(trim(value));
  const auto day_name = cursor.take_while(is_alpha);
  const auto is_long = std::ranges::find(day_names, day_name) != day_names.end();
  const auto is_short = std::ranges::any_of(day_names, [&](auto name) { return name.substr(0, 3) == day_name; });
  if (!is_long && !is_short) return std::nullopt;
  const auto comma = cursor.take(',');
  if (!cursor.take(' ')) return std::nullopt;
  if (!comma) return is_short ? parse_asctime(cursor) : std::nullopt;
  return is_short ? parse_fixed(cursor) : parse_rfc850(cursor);
}

}  // namespace dray::http
