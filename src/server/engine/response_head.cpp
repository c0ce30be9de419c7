#include "engine/response_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <iterator>

#include "engine/characters.hpp"

namespace dray::server::engine {
namespace {

struct Reason {
  int status;
  std::string_view words;
};
constexpr Reason reasons[] = {{200, "OK"},
                              {201, "Created"},
                              {202, "Accepted"},
                              {204, "No Content"},
                              {206, "Partial Content"},
                              {301, "Moved Permanently"},
                              {302, "Found"},
                              {303, "See Other"},
                              {304, "Not Modified"},
                              {307, "Temporary Redirect"},
                              {308, "Permanent Redirect"},
                              {400, "Bad Request"},
                              {401, "Unauthorized"},
                              {403, "Forbidden"},
                              {404, "Not Found"},
                              {405, "Method Not Allowed"},
                              {406, "Not Acceptable"},
                              {408, "Request Timeout"},
                              {409, "Conflict"},
                              {411, "Length Required"},
                              {412, "Precondition Failed"},
                              {413, "Content Too Large"},
                              {414, "URI Too Long"},
                              {415, "Unsupported Media Type"},
                              {416, "Range Not Satisfiable"},
                              {417, "Expectation Failed"},
                              {429, "Too Many Requests"},
                              {431, "Request Header Fields Too Large"},
                              {500, "Internal Server Error"},
                              {501, "Not Implemented"},
                              {502, "Bad Gateway"},
                              {503, "Service Unavailable"},
                              {504, "Gateway Timeout"},
                              {505, "HTTP Version Not Supported"},
                              {507, "Insufficient Storage"}};

std::string_view reason_of(int status) noexcept {
  for (const auto& reason : reasons) {
    if (reason.status == status) return reason.words;
  }
  return "";
}

bool is_engines_own(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 5> own = {"Content-Length", "Transfer-Encoding", "Connection", "Date",
                                                   "Keep-Alive"};
  return std::any_of(own.begin(), own.end(), [&](std::string_view each) { return same_ignoring_case(each, name); });
}

bool may_be_sent(std::string_view name, std::string_view value) noexcept {
  return !name.empty() && consists_of<is_token_char>(name) && !is_engines_own(name) &&
         consists_of<is_value_char>(value);
}

/// RFC 9110 section 8.6: neither a 1xx nor a 204 has a length; that of a 304 would be the other answer's.
bool has_length(int status) noexcept { return status >= 200 && status != 204 && status != 304; }

void write_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool sends_body(int status, const ResponseFraming& framing) noexcept { return has_length(status) && !framing.to_head; }

void write_head(std::string& out, const Response& response, const ResponseFraming& framing) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  for (const auto& [name, value] : response.headers.lines()) {
    if (may_be_sent(name, value)) write_line(out, name, value);
  }
  if (has_length(response.status)) {
    if (const auto size = size_of(response.body)) {
      fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *size);
    } else if (!framing.http_1_0) {
      write_line(out, "Transfer-Encoding", "chunked");
    }
  }
  write_line(out, "Date", framing.date);
  if (framing.close) {
    write_line(out, "Connection", "close");
  } else if (framing.keep_alive) {
    write_line(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
}

std::string http_date(std::int64_t seconds_since_1970) {
  constexpr std::array<std::string_view, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = seconds_since_1970;
  std::tm date{};
  ::gmtime_r(&seconds, &date);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[static_cast<std::size_t>(date.tm_wday)],
                     date.tm_mday, months[static_cast<std::size_t>(date.tm_mon)], date.tm_year + 1900, date.tm_hour,
                     date.tm_min, date.tm_sec);
}

}  // namespace dray::server::engine
