#include "support/answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <optional>
#include <sstream>

namespace dray::testing {
namespace {

struct Slice {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
enum class RangeKind : std::uint8_t { none, satisfiable, unsatisfiable };

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// RFC 9110 section 14.2: what is malformed, or in other units, is ignored.
RangeKind parse_range(std::string_view text, std::uint64_t size, Slice& slice) {
  constexpr std::string_view unit = "bytes=";
  if (text.substr(0, unit.size()) != unit) return RangeKind::none;
  text.remove_prefix(unit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || text.find(',') != std::string_view::npos) return RangeKind::none;
  const auto first = number(text.substr(0, dash));
  const auto last = number(text.substr(dash + 1));
  if (!first && !last) return RangeKind::none;
  if (!first) {
    if (*last == 0 || size == 0) return RangeKind::unsatisfiable;
    slice = {size - std::min(*last, size), size - 1};
    return RangeKind::satisfiable;
  }
  if (!last && dash + 1 != text.size()) return RangeKind::none;
  if (last && *last < *first) return RangeKind::none;
  if (*first >= size) return RangeKind::unsatisfiable;
  slice = {*first, std::min(last.value_or(size - 1), size - 1)};
  return RangeKind::satisfiable;
}

std::string format_time(std::time_t time, const char* format) {
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::put_time(&parts, format);
  return text.str();
}

}  // namespace

Answer text_answer(int status, std::string_view type, std::string body) {
  Answer answer;
  answer.status = status;
  answer.headers.add("Content-Type", std::string(type));
  answer.set_body(std::move(body));
  return answer;
}

Answer error_answer(int status, std::string_view code, std::string_view message, std::string_view detail) {
  boost::json::object error{{"code", code}, {"message", message}};
  if (!detail.empty()) error["detail"] = detail;
  const boost::json::object document{{"errors", {std::move(error)}}};
  return text_answer(status, "application/json; charset=utf-8", boost::json::serialize(document));
}

Answer redirect_answer(int status, const std::string& location) {
  Answer answer;
  answer.status = status;
  answer.headers.add("Location", location);
  return answer;
}

Answer content_answer(const ServerRequest& request, SharedBytes content, const std::string& etag) {
  Answer answer;
  answer.headers = {{"Accept-Ranges", "bytes"}, {"Etag", etag}};
  if (request.headers.get("If-None-Match") == etag) {
    answer.status = 304;
    return answer;
  }
  const std::uint64_t size = content->size();
  answer.content = std::move(content);
  answer.body_size = size;
  const auto condition = request.headers.find("If-Range");
  if (condition && *condition != etag) return answer;
  Slice slice;
  const RangeKind kind = parse_range(request.headers.get("Range"), size, slice);
  if (kind == RangeKind::unsatisfiable) {
    answer.status = 416;
    answer.body_size = 0;
    answer.headers.add("Content-Range", "bytes */" + std::to_string(size));
  } else if (kind == RangeKind::satisfiable) {
    answer.status = 206;
    answer.first_byte = slice.first;
    answer.body_size = slice.last - slice.first + 1;
    answer.headers.add("Content-Range", "bytes " + std::to_string(slice.first) + "-" + std::to_string(slice.last) +
                                            "/" + std::to_string(size));
  }
  return answer;
}

std::string http_date(std::chrono::system_clock::time_point time) {
  return format_time(std::chrono::system_clock::to_time_t(time), "%a, %d %b %Y %H:%M:%S GMT");
}

std::string iso_time(std::int64_t unix_seconds) { return format_time(unix_seconds, "%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace dray::testing
