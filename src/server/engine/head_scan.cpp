#include "engine/head_scan.hpp"

#include <dray/server/limits.hpp>

#include "engine/characters.hpp"

namespace dray::server::engine {
namespace {

/// A request line that is longer than this has a target that is too long, or a method that nobody has heard of.
constexpr std::size_t max_request_line = limits::max_target_bytes + 64;

}  // namespace

HeadScan::Found HeadScan::refuse(int status, std::string_view why) {
  refusal_ = {status, why};
  return Found::refused;
}

HeadScan::Found HeadScan::need_more(std::string_view bytes) {
  at_ = bytes.size();
  const auto line = bytes.substr(line_begin_);
  if (lines_ == 0 && !line.empty() && line.front() != '\r' && !is_token_char(line.front()))
    return refuse(400, "this is not HTTP");
  if (lines_ == 0 && line.size() > max_request_line) return refuse(414, "the request's target is too long");
  if (bytes.size() > limits::max_head_bytes) return refuse(431, "the request's head is too long");
  return Found::more;
}

HeadScan::Found HeadScan::scan(std::string_view bytes) {
  for (;;) {
    const auto lf = bytes.find('\n', at_);
    if (lf == std::string_view::npos) return need_more(bytes);
    at_ = lf + 1;
    if (lf == line_begin_ || bytes[lf - 1] != '\r') return refuse(400, "a line of the head does not end in CR LF");
    if (at_ > limits::max_head_bytes) return refuse(431, "the request's head is too long");
    const auto line = bytes.substr(line_begin_, lf - 1 - line_begin_);
    line_begin_ = at_;
    if (line.empty()) {
      if (lines_ > 0) return Found::whole;
      // RFC 9112 section 2.2: an empty line in front of the request line is skipped.
      if (begin_ > 0) return refuse(400, "the request begins with empty lines");
      begin_ = at_;
      continue;
    }
    if (lines_ > 0 && (line.front() == ' ' || line.front() == '\t')) return refuse(400, "a header line is folded");
    if (lines_ == 0 && line.size() > max_request_line) return refuse(414, "the request's target is too long");
    if (++lines_ > limits::max_header_lines + 1) return refuse(431, "the request has too many header lines");
  }
}

}  // namespace dray::server::engine
