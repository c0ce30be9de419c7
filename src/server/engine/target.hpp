#pragma once

#include <dray/server/message.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "engine/head_scan.hpp"

namespace dray::server::engine {

/// A request's target, taken apart. RFC 9112 section 3.2.
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  std::string authority;      ///< Of the absolute form, which overrules the Host header; else empty.
  bool whole_server = false;  ///< `*`: there is no path.
};

/// Reads origin-form, absolute-form for http and https, and `*` for OPTIONS. Everything else is refused.
[[nodiscard]] std::optional<Refusal> parse_target(std::string_view text, Method method, Target& target);

/// `example.org`, `127.0.0.1:5000`, `[::1]`; may be empty.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

}  // namespace dray::server::engine
