#pragma once

#include <dray/http/url.hpp>

namespace dray::http {

/// Reads `host`, `host:port` or `[IPv6]:port`. `scheme` is `http` or `https`.
/// Every spelling of one IPv4 or IPv6 address gives one host, the one that a connection goes to.
[[nodiscard]] Result<Origin> parse_origin(std::string_view scheme, std::string_view authority);

}  // namespace dray::http
