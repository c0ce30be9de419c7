#include "origin.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "curl_handle.hpp"
#include "text.hpp"

namespace dray::http {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;
constexpr std::size_t max_host_bytes = 253;  // RFC 1035 section 3.1, as text

std::uint16_t own_port(std::string_view scheme) { return scheme == "https" ? https_port : http_port; }

Error bad_host(std::string_view why) {
  return Error(ErrorCode::invalid_input, std::string("the URL's host ").append(why));
}

Result<std::uint16_t> parse_port(std::string_view scheme, std::string_view text) {
  if (text.empty()) return own_port(scheme);
  const auto port = parse_number<std::uint16_t>(text);
  if (!port || *port == 0) return Error(ErrorCode::invalid_input, "the URL's port is not a number from 1 to 65535");
  return *port;
}

Result<std::string> normal_ipv6(std::string_view text) {
  if (text.find('%') != std::string_view::npos) return bad_host("has a zone id, which only this machine could read");
  const std::string terminated(text);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  std::array<char, INET6_ADDRSTRLEN> canonical{};
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) != 1) return bad_host("is not a valid IPv6 address");
  inet_ntop(AF_INET6, address.data(), canonical.data(), canonical.size());
  return std::string(canonical.data());
}

/// libcurl turns `127.1`, `0x7f000001`, `017700000001` and `2130706433` into `127.0.0.1`, as the resolver would.
Result<std::string> as_curl_reads(const std::string& name) {
  const CurlUrl url(curl_url());
  const auto text = "http://" + name + "/";
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK) {
    return bad_host("is not a valid name");
  }
  char* host = nullptr;
  if (curl_url_get(url.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK) return bad_host("is not a valid name");
  const CurlText owner(host);
  return std::string(host);
}

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

/// A host that ends in a number is an address or nothing (WHATWG URL, "ends in a number"): a resolver might still
/// read `0300.1` in its own way.
bool ends_in_number(std::string_view name) {
  const auto last = name.substr(name.rfind('.') + 1);
  if (std::ranges::all_of(last, is_digit)) return true;
  return last.starts_with("0x") &&
         std::ranges::all_of(last.substr(2), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

Result<std::string> normal_name(std::string_view text) {
  auto name = lower_case(text);
  if (name.ends_with('.')) name.pop_back();
  if (name.empty()) return bad_host("is missing");
  if (name.size() > max_host_bytes) return bad_host("is longer than 253 characters");
  const auto fits = [](char c) { return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_'; };
  if (!std::ranges::all_of(name, fits)) {
    return bad_host("has characters that a host name cannot have (an international name is written as xn--…)");
  }
  if (name.starts_with('.') || name.ends_with('.') || name.find("..") != std::string::npos) {
    return bad_host("has an empty label");
  }
  DRAY_TRY_ASSIGN(auto host, as_curl_reads(name));
  if (ends_in_number(host) && !is_ipv4(host)) return bad_host("is not a valid IPv4 address");
  return host;
}

}  // namespace

Result<Origin> parse_origin(std::string_view scheme, std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return Error(ErrorCode::invalid_input, "the URL holds a user name or password; credentials do not belong there");
  }
  const bool in_brackets = authority.starts_with('[');
  const auto host_end = in_brackets ? authority.find(']') : authority.find(':');
  if (in_brackets && host_end == std::string_view::npos) return bad_host("has a bracket that does not close");
  const auto after =
      in_brackets ? authority.substr(host_end + 1) : authority.substr(std::min(host_end, authority.size()));
  if (!after.empty() && after.front() != ':') return bad_host("is followed by something that is no port");

  Origin origin;
  origin.scheme = scheme;
  DRAY_TRY_ASSIGN(origin.host, in_brackets ? normal_ipv6(authority.substr(1, host_end - 1))
                                           : normal_name(authority.substr(0, host_end)));
  DRAY_TRY_ASSIGN(origin.port, parse_port(scheme, after.empty() ? after : after.substr(1)));
  return origin;
}

std::string Origin::text() const {
  auto out = scheme + "://";
  const bool is_ipv6 = host.find(':') != std::string::npos;
  out += is_ipv6 ? "[" + host + "]" : host;
  if (port != own_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

}  // namespace dray::http
