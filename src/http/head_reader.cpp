#include "head_reader.hpp"

#include <algorithm>
#include <dray/http/limits.hpp>

#include "text.hpp"

namespace dray::http {
namespace {

Error broken(std::string_view why) {
  return Error(ErrorCode::protocol, std::string("the head of the answer cannot be read: ").append(why));
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Result<void> HeadReader::take(std::string_view line) {
  DRAY_TRY(count(line.size()));
  if (complete_) return {};
  line = without_line_end(line);
  if (std::ranges::any_of(line, [](char c) { return is_control(c) && c != '\t'; })) {
    return broken("it has control characters");
  }
  if (status_ == 0) return take_status_line(line);
  if (line.empty()) return end_head();
  return take_field(line);
}

Result<void> HeadReader::count(std::size_t bytes) {
  bytes_ += bytes;
  ++lines_;
  if (bytes_ > limits::max_header_bytes)
    return broken("it is longer than " + std::to_string(limits::max_header_bytes) + " bytes");
  if (lines_ > limits::max_header_lines)
    return broken("it has more than " + std::to_string(limits::max_header_lines) + " lines");
  return {};
}

Result<void> HeadReader::take_status_line(std::string_view line) {
  // HTTP/1.1 307 Temporary Redirect
  const auto version = line.substr(0, line.find(' '));
  const auto code = line.substr(std::min(version.size() + 1, line.size()));
  const auto status = parse_number<int>(code.substr(0, 3));
  const bool ends = code.size() == 3 || (code.size() > 3 && code[3] == ' ');
  if (!version.starts_with("HTTP/1.") || !ends || !status || *status < 100 || *status > 599) {
    return broken("it does not begin with a status line of HTTP/1.1");
  }
  status_ = *status;
  return {};
}

Result<void> HeadReader::take_field(std::string_view line) {
  if (is_blank(line.front())) return broken("it has a folded line");
  Cursor cursor(line);
  const auto name = cursor.take_token();
  if (name.empty() || !cursor.take(':')) return broken("a line is no header field");
  headers_.add(std::string(name), std::string(trim(cursor.rest())));
  return {};
}

Result<void> HeadReader::end_head() {
  if (is_passed_over()) {
    status_ = 0;
    headers_ = {};
    return {};
  }
  // RFC 9112 section 6.3: chunked wins, and whoever forwards the answer drops the length.
  if (headers_.find("Transfer-Encoding") != nullptr) headers_.remove("Content-Length");
  const auto lengths = headers_.all("Content-Length");
  for (const auto length : lengths) {
    if (!parse_number<std::uint64_t>(length)) return broken("its Content-Length is not a number");
    if (length != lengths.front()) return broken("it has two different lengths");
  }
  if (lengths.size() > 1) headers_.set("Content-Length", std::string(lengths.front()));
  complete_ = true;
  return {};
}

}  // namespace dray::http
