#pragma once

#include <cstdint>
#include <dray/server/message.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace dray::server::engine {

/// What the head of an answer needs to know beside the answer.
struct ResponseFraming {
  std::string_view date;  ///< RFC 9110 section 5.6.7.
  bool http_1_0 = false;
  bool to_head = false;     ///< The request's method was HEAD.
  bool close = false;       ///< The connection ends behind this answer.
  bool keep_alive = false;  ///< An HTTP/1.0 client asked for it and gets it.
};

/// Whether bytes of a body follow the head.
[[nodiscard]] bool sends_body(int status, const ResponseFraming& framing) noexcept;

/// Appends the head. Headers that could not be sent as they are (a name that is no token, control characters in a
/// value) and those that are the engine's own (lengths, codings, Connection, Date) are left out.
void write_head(std::string& out, const Response& response, const ResponseFraming& framing);

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
[[nodiscard]] std::string http_date(std::int64_t seconds_since_1970);

}  // namespace dray::server::engine
