#include "proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dray/http/address.hpp>
#include <optional>
#include <utility>

#include "text.hpp"

namespace dray::http {
namespace {

std::string variable(std::initializer_list<const char*> names) {
  for (const auto* const name : names) {
    if (const auto* const value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

struct Bytes {
  std::array<std::uint8_t, 16> bytes{};
  unsigned bits = 0;  ///< 32 or 128
};
std::optional<Bytes> parse_address(std::string_view text) {
  const std::string terminated(text);
  Bytes address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

bool same_front(const Bytes& a, const Bytes& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (i % 8));
    if (((a.bytes[i / 8] ^ b.bytes[i / 8]) & mask) != 0) return false;
  }
  return true;
}

bool matches_address(std::string_view entry, const Bytes& host) {
  const auto slash = entry.find('/');
  const auto network = parse_address(entry.substr(0, slash));
  if (!network || network->bits != host.bits) return false;
  if (slash == std::string_view::npos) return same_front(*network, host, host.bits);
  const auto bits = parse_number<unsigned>(entry.substr(slash + 1));
  return bits && *bits <= host.bits && same_front(*network, host, *bits);
}

bool matches_name(std::string_view entry, std::string_view host) {
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.empty() || host.size() < entry.size()) return false;
  if (!equal_without_case(host.substr(host.size() - entry.size()), entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

/// Splits `host:port` and `[IPv6]:port`; a bare IPv6 address has colons but no port.
std::pair<std::string_view, std::optional<std::uint16_t>> split_port(std::string_view entry) {
  std::string_view port;
  if (entry.starts_with('[')) {
    const auto close = entry.find(']');
    if (close == std::string_view::npos) return {entry, std::nullopt};
    port = entry.substr(close + 1);
    entry = entry.substr(1, close - 1);
  } else if (const auto colon = entry.find(':'); colon != std::string_view::npos && colon == entry.rfind(':')) {
    port = entry.substr(colon);
    entry = entry.substr(0, colon);
  }
  if (port.empty()) return {entry, std::nullopt};
  return {entry, parse_number<std::uint16_t>(port.substr(1)).value_or(0)};
}

}  // namespace

std::string printable_proxy(std::string_view proxy) {
  if (proxy.empty()) return {};
  const auto colon = proxy.find("://");
  const auto scheme = colon == std::string_view::npos ? std::string_view("http") : proxy.substr(0, colon);
  auto rest = colon == std::string_view::npos ? proxy : proxy.substr(colon + 3);
  // A password may hold anything, so whatever stands before the last '@' could be one.
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) rest = rest.substr(at + 1);
  auto shown = std::string(scheme) + "://" + std::string(rest.substr(0, rest.find_first_of("/?#")));
  std::ranges::replace_if(shown, is_control, '?');
  return shown;
}

bool is_excepted(std::string_view no_proxy, const Origin& origin) {
  const auto address = parse_address(origin.host);
  Cursor cursor(no_proxy);
  while (!cursor.at_end()) {
    const auto word = cursor.take_while([](char c) { return c != ',' && !is_blank(c); });
    cursor.skip();
    if (word == "*") return true;
    const auto [entry, port] = split_port(word);
    if (port && *port != origin.port) continue;
    if (address ? matches_address(entry, *address) : matches_name(entry, origin.host)) return true;
  }
  return false;
}

ProxySettings ProxySettings::from_environment() {
  ProxySettings settings;
  settings.http =
      std::getenv("REQUEST_METHOD") == nullptr ? variable({"http_proxy", "HTTP_PROXY"}) : variable({"http_proxy"});
  settings.https = variable({"https_proxy", "HTTPS_PROXY"});
  settings.all = variable({"all_proxy", "ALL_PROXY"});
  settings.no_proxy = variable({"no_proxy", "NO_PROXY"});
  return settings;
}

std::string ProxySettings::proxy_for(const Origin& origin) const {
  if (!everything.empty()) return is_excepted(no_proxy, origin) ? std::string() : everything;
  const auto& own = origin.is_secure() ? https : http;
  const auto& chosen = own.empty() ? all : own;
  // As Go's and thus most registry tools do it: no proxy can reach this machine's own loopback.
  if (classify_host(origin.host) == AddressClass::loopback) return {};
  if (chosen.empty() || is_excepted(no_proxy, origin)) return {};
  return chosen;
}

}  // namespace dray::http
