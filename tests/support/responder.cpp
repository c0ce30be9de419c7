#include <algorithm>
#include <array>
#include <charconv>

#include "support/http_server.hpp"
#include "support/wire.hpp"

namespace dray::testing {
namespace {

constexpr std::size_t write_bytes_at_once = 1024 * 1024;

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 416:
      return "Range Not Satisfiable";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unnamed";
  }
}

bool has_no_body(int status) { return status == 204 || status == 304 || (status >= 100 && status < 200); }

std::string as_chunk(std::string_view piece) {
  std::array<char, 20> digits{};
  const auto* end = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16).ptr;
  std::string chunk(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return chunk.append("\r\n").append(piece).append("\r\n");
}

std::string head_text(int status, const Headers& headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason_of(status)) + "\r\n";
  for (const auto& [name, value] : headers.lines()) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

}  // namespace

void Responder::send(int status, const Headers& headers, std::string_view body, const Delivery& how) {
  const std::uint64_t claimed = how.content_length.value_or(body.size());
  Headers lines = headers;
  if (how.chunk_bytes > 0) {
    lines.set("Transfer-Encoding", "chunked");
  } else if (!how.until_close && !has_no_body(status) && !lines.has("Content-Length")) {
    lines.add("Content-Length", std::to_string(claimed));
  }
  if (!wire_.write(head_text(status, lines))) return;
  if (request_.method == "HEAD" || has_no_body(status)) {
    keep_alive_ = true;
    return;
  }
  if (send_body(body, how) == Outcome::ended) return;
  if (how.chunk_bytes > 0 && !wire_.write("0\r\n\r\n")) return;
  const bool honest = how.chunk_bytes > 0 || (lines.get("Content-Length") == std::to_string(body.size()));
  if (honest && !same_ignoring_case(lines.get("Connection"), "close")) {
    keep_alive_ = true;
  } else {
    end(Ending::fin);
  }
}

Responder::Outcome Responder::send_body(std::string_view body, const Delivery& how) {
  const std::uint64_t stop_at = std::min(
      {std::uint64_t{body.size()}, how.cut_after.value_or(body.size()), how.stall_after.value_or(body.size())});
  std::size_t step = write_bytes_at_once;
  if (how.bytes_per_second > 0) step = static_cast<std::size_t>(std::max<std::uint64_t>(how.bytes_per_second / 10, 1));
  if (how.chunk_bytes > 0) step = std::min(step, how.chunk_bytes);
  for (std::uint64_t at = 0; at < stop_at;) {
    const auto piece = body.substr(at, std::min<std::uint64_t>(step, stop_at - at));
    if (!send_piece(piece, how)) return Outcome::ended;
    at += piece.size();
    if (how.bytes_per_second > 0 &&
        !wire_.wait(std::chrono::nanoseconds(1'000'000'000ULL * piece.size() / how.bytes_per_second))) {
      return Outcome::ended;
    }
  }
  if (how.stall_after && *how.stall_after == stop_at) {
    stall();
    return Outcome::ended;
  }
  if (how.cut_after && *how.cut_after == stop_at) {
    end(how.ending);
    return Outcome::ended;
  }
  return Outcome::whole;
}

bool Responder::send_piece(std::string_view piece, const Delivery& how) {
  // Counted before the peer can see them, so that a test which has read them all finds them all counted.
  body_bytes_ += piece.size();
  if (how.counter != nullptr) *how.counter += piece.size();
  if (how.chunk_bytes == 0 ? wire_.write(piece) : wire_.write(as_chunk(piece))) return true;
  body_bytes_ -= piece.size();
  if (how.counter != nullptr) *how.counter -= piece.size();
  return false;
}

void Responder::send_raw(std::string_view bytes, bool keep_alive) {
  if (!wire_.write(bytes)) return;
  keep_alive_ = keep_alive;
  if (!keep_alive) end(Ending::fin);
}

void Responder::close(Ending ending) { end(ending); }

void Responder::stall() { (void)wire_.wait(std::nullopt); }

bool Responder::wait(std::chrono::milliseconds duration) { return wire_.wait(duration); }

void Responder::end(Ending ending) {
  keep_alive_ = false;
  if (ending == Ending::rst) {
    wire_.reset();
  } else {
    wire_.finish();
  }
}

}  // namespace dray::testing
