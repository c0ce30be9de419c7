#include "support/request_reader.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace dray::testing {
namespace {

constexpr std::size_t max_head_bytes = 256 * 1024;
constexpr std::size_t max_chunk_line_bytes = 1024;
constexpr std::size_t read_bytes_at_once = 64 * 1024;

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RequestReader::Outcome RequestReader::next(ServerRequest& request) {
  // A TLS handshake has no line end to wait for; its client waits for an answer.
  if (buffer_.empty() && !fill()) return Outcome::ended;
  if (buffer_.front() < 'A' || buffer_.front() > 'z') return Outcome::malformed;
  const auto head = read_until("\r\n\r\n", max_head_bytes);
  if (!head) return buffer_.empty() ? Outcome::ended : Outcome::malformed;
  auto parsed = parse_head(*head);
  if (!parsed) return Outcome::malformed;
  request = std::move(*parsed);
  const Outcome outcome = read_body(request);
  request.body_size = request.body.size();
  return outcome;
}

RequestReader::Outcome RequestReader::read_body(ServerRequest& request) {
  const auto lengths = request.headers.all("Content-Length");
  const auto codings = request.headers.all("Transfer-Encoding");
  if (lengths.size() + codings.size() > 1) return Outcome::malformed;
  if (lengths.empty() && codings.empty()) return Outcome::request;
  if (same_ignoring_case(request.headers.get("Expect"), "100-continue") &&
      !wire_.write("HTTP/1.1 100 Continue\r\n\r\n")) {
    return Outcome::ended;
  }
  return lengths.empty() ? read_chunks(codings.front(), request.body) : read_sized(lengths.front(), request.body);
}

RequestReader::Outcome RequestReader::read_sized(std::string_view length, std::string& body) {
  const auto size = parse_number(length, 10);
  if (!size) return Outcome::malformed;
  if (*size > max_body_) return Outcome::too_large;
  return take(*size, body) ? Outcome::request : Outcome::ended;
}

RequestReader::Outcome RequestReader::read_chunks(std::string_view coding, std::string& body) {
  if (!same_ignoring_case(coding, "chunked")) return Outcome::malformed;
  while (true) {
    const auto line = read_until("\r\n", max_chunk_line_bytes);
    if (!line) return Outcome::ended;
    const auto size = parse_number(std::string_view(*line).substr(0, line->find_first_of(";\r")), 16);
    if (!size) return Outcome::malformed;
    if (*size > max_body_ - body.size()) return Outcome::too_large;
    if (!take(*size, body)) return Outcome::ended;
    // Trailers are not taken.
    if (read_until("\r\n", 2) != "\r\n") return Outcome::malformed;
    if (*size == 0) return Outcome::request;
  }
}

bool RequestReader::fill() {
  const std::size_t old = buffer_.size();
  buffer_.resize(old + read_bytes_at_once);
  const std::size_t got = wire_.read(buffer_.data() + old, read_bytes_at_once);
  buffer_.resize(old + got);
  return got > 0;
}

std::optional<std::string> RequestReader::read_until(std::string_view mark, std::size_t limit) {
  while (true) {
    const auto at = buffer_.find(mark);
    if (at != std::string::npos) {
      std::string taken = buffer_.substr(0, at + mark.size());
      buffer_.erase(0, taken.size());
      return taken;
    }
    if (buffer_.size() > limit || !fill()) return std::nullopt;
  }
}

bool RequestReader::take(std::uint64_t size, std::string& into) {
  const auto have = std::min<std::uint64_t>(size, buffer_.size());
  into.append(buffer_, 0, have);
  buffer_.erase(0, have);
  std::size_t at = into.size();
  into.resize(at + (size - have));
  while (at < into.size()) {
    const std::size_t got = wire_.read(into.data() + at, into.size() - at);
    if (got == 0) return false;
    at += got;
  }
  return true;
}

}  // namespace dray::testing
