#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <string>
#include <string_view>

namespace dray::http {

/// Where a host and port is to be looked for, in the place of what the name service says.
struct HostAddress {
  std::string host;  ///< in lower case
  std::uint16_t port = 0;
  std::string address;  ///< IPv4, or IPv6 without brackets

  /// Reads `HOST:PORT:ADDRESS`, an IPv6 address with or without brackets: `registry.example:443:127.0.0.1`.
  /// Errors: `invalid_input`.
  [[nodiscard]] static Result<HostAddress> parse(std::string_view text);

  friend bool operator==(const HostAddress&, const HostAddress&) = default;
};

}  // namespace dray::http
