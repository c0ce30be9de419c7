#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <dray/http/host_address.hpp>

#include "text.hpp"

namespace dray::http {
namespace {

Error bad(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_input, "'" + std::string(text) + "' " + why};
}

bool is_host(std::string_view host) {
  return !host.empty() && host.front() != '-' && std::ranges::all_of(host, [](char c) {
    return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_';
  });
}

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<HostAddress> HostAddress::parse(std::string_view text) {
  const auto colon = text.find(':');
  const auto second = colon == std::string_view::npos ? colon : text.find(':', colon + 1);
  if (second == std::string_view::npos) return bad(text, "is not of the form HOST:PORT:ADDRESS");
  const auto host = text.substr(0, colon);
  if (!is_host(host)) return bad(text, "does not begin with the name of a host");
  const auto port = parse_number<std::uint16_t>(text.substr(colon + 1, second - colon - 1));
  if (!port || *port == 0) return bad(text, "has no port between 1 and 65535 behind its host");
  auto address = text.substr(second + 1);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  const std::string plain(address);
  // A NUL would end what the system's reader sees.
  if (plain.find('\0') != std::string::npos || !is_address(plain)) {
    return bad(text, "does not end in an IPv4 or IPv6 address");
  }
  return HostAddress{lower_case(host), *port, plain};
}

}  // namespace dray::http
