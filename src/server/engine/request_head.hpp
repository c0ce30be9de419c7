#pragma once

#include <dray/server/message.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/head_scan.hpp"

namespace dray::server::engine {

/// A request's head and what only the engine needs of it.
struct RequestHead {
  Request request;
  std::string target;  ///< As sent.
  bool http_1_0 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  bool whole_server = false;  ///< `OPTIONS *`.
};

/// Parses a whole head, as HeadScan found it, by RFC 9112. When it is refused, method and target are filled in as far
/// as they were understood.
[[nodiscard]] std::optional<Refusal> parse_head(std::string_view text, RequestHead& head);

}  // namespace dray::server::engine
