#include <fmt/format.h>
#include <dray/client/registry_client.hpp>
#include <dray/core/limits.hpp>

#include <algorithm>
#include <vector>

#include "answer.hpp"
#include "peer_words.hpp"

namespace dray::client {
namespace {

ErrorCode code_of_status(int status) {
  switch (status) {
    case 401:
      return ErrorCode::unauthorized;
    case 402:
    case 403:
    case 451:
      return ErrorCode::denied;
    case 404:
    case 410:
      return ErrorCode::not_found;
    case 405:
    case 415:
    case 501:
      return ErrorCode::unsupported;
    case 408:
      return ErrorCode::timed_out;
    case 409:
    case 412:
      return ErrorCode::conflict;
    case 413:
      return ErrorCode::limit_exceeded;
    case 429:
      return ErrorCode::rate_limited;
    case 507:
      return ErrorCode::no_space;
    default:
      break;
  }
  if (status >= 500) return ErrorCode::unavailable;
  if (status >= 400) return ErrorCode::invalid_input;
  return ErrorCode::protocol;
}

/// The registry's own code is more exact where the status is a mere 400.
ErrorCode code_of(int status, const std::string& peer_code) {
  if (peer_code == "TOOMANYREQUESTS") return ErrorCode::rate_limited;
  if (status == 400 && peer_code == "UNSUPPORTED") return ErrorCode::unsupported;
  if (status == 400 && peer_code == "UNAUTHORIZED") return ErrorCode::unauthorized;
  if (status == 400 && peer_code == "DENIED") return ErrorCode::denied;
  return code_of_status(status);
}

/// As much of the body as an error may have; a body that breaks off is as good as its beginning.
std::string read_error_body(http::Exchange& answer) {
  std::string body;
  std::vector<std::byte> buffer(16 * 1024);
  while (body.size() < limits::max_error_body_bytes) {
    const auto room = std::min<std::size_t>(buffer.size(), limits::max_error_body_bytes - body.size());
    const auto count = answer.read(std::span(buffer).first(room));
    if (!count || *count == 0) break;
    body.append(as_text(std::span(buffer).first(*count)));
  }
  return body;
}

std::string note_of(const http::Exchange& answer) {
  const auto* const refused = dynamic_cast<const RefusedAnswer*>(&answer);
  return refused != nullptr ? refused->note() : std::string();
}

std::string words_of(const PeerError& peer) {
  if (peer.code.empty() || peer.words.empty()) return peer.code.empty() ? peer.words : peer.code;
  return peer.code + ": " + peer.words;
}

/// What to try, or what else the answer can mean.
std::string advice(ErrorCode code, const http::ResponseHead& head, const std::string& words) {
  // Go's server, which most registries stand on, knows what came to its TLS port.
  if (head.status == 400 && words.find("HTTP request to an HTTPS server") != std::string::npos) {
    return "say so with --tls, and leave --plain-http out";
  }
  switch (code) {
    case ErrorCode::unauthorized:
      return "a repository that does not exist is answered in the same way";
    case ErrorCode::denied:
      return head.status == 403 ? "a repository that does not exist can be answered in the same way" : "";
    case ErrorCode::rate_limited: {
      const auto* const wait = head.headers.find("Retry-After");
      const auto hint = wait != nullptr ? "it asks to come back after: " + clean_words(*wait)
                                        : std::string("try again later, or log in");
      const auto limit = parse_rate_limit(head.headers, std::chrono::system_clock::now());
      return limit ? fmt::format("its limit: {}; {}", limit->text(), hint) : hint;
    }
    case ErrorCode::protocol:
      return head.status >= 300 && head.status < 400 ? "the redirect was not followed" : "";
    default:
      return "";
  }
}

}  // namespace

Error answer_error(http::Exchange& answer, std::string_view attempted) {
  const auto& head = answer.head();
  const auto peer = read_peer_error(read_error_body(answer));
  const auto words = words_of(peer);
  const auto code = code_of(head.status, peer.code);
  auto message = fmt::format("{}: {} answered {}", attempted, head.url.origin().text(), head.status);
  if (!words.empty()) message += fmt::format(" ({})", words);
  if (const auto note = note_of(answer); !note.empty()) message += "; " + note;
  if (const auto hint = advice(code, head, words); !hint.empty()) message += "; " + hint;
  return Error(code, std::move(message)).with_peer(head.status, words);
}

}  // namespace dray::client
