#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>

#include "chars.hpp"
#include "quote.hpp"

namespace dray {
namespace {

constexpr std::string_view docker_hub_name = "docker.io";
constexpr std::array<std::string_view, 3> docker_hub_names{docker_hub_name, "index.docker.io", "registry-1.docker.io"};

Error bad_registry(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_input, "registry " + quote_reference(text) + " " + std::string(why)};
}

bool is_label(std::string_view label) {
  return !label.empty() && chars::is_alphanumeric(label.front()) && chars::is_alphanumeric(label.back()) &&
         std::ranges::all_of(label, [](char c) { return chars::is_alphanumeric(c) || c == '-'; });
}

bool is_dns_name(std::string_view host) {
  while (true) {
    const auto dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// The libc's readers of address text; they look nothing up.
std::optional<in6_addr> read_ipv6(std::string_view bracketed) {
  if (bracketed.size() < 2 || bracketed.front() != '[' || bracketed.back() != ']') return std::nullopt;
  const std::string text(bracketed.substr(1, bracketed.size() - 2));
  // The reference grammar has no dots here, so no `::ffff:127.0.0.1`; and no zone.
  if (text.find_first_of(std::string_view(".%\0", 3)) != std::string::npos) return std::nullopt;
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return std::nullopt;
  return address;
}

bool is_ipv4_loopback(std::string_view host) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

std::optional<std::uint16_t> read_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc{} || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

std::size_t end_of_host(std::string_view text) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  return std::min(text.size(), bracket == std::string_view::npos ? text.find(':') : bracket + 1);
}

Result<void> check_host(std::string_view text, std::string_view host) {
  if (host.starts_with('[')) {
    if (read_ipv6(host)) return {};
    return bad_registry(text, "has a host that is no IPv6 address in brackets");
  }
  if (text.find(':') != text.rfind(':')) {
    return bad_registry(text, "has more than one ':': write an IPv6 address in brackets, as in [::1]:5000");
  }
  if (host.empty()) return bad_registry(text, "has no host");
  if (is_dns_name(host)) return {};
  return bad_registry(text, "has a host that is no DNS name: letters, digits and '-', in parts joined by '.'");
}

// What lets docker's grammar tell a registry from the first part of a Docker Hub name.
bool is_told_from_a_path(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != std::string_view::npos || chars::has_upper(text);
}

}  // namespace

Result<Registry> Registry::parse(std::string_view text) {
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    return bad_registry(text, "is written without '" + quote(text.substr(0, scheme + 3)).substr(1));
  }
  if (text.find('@') != std::string_view::npos) {
    return bad_registry(text, "is written without a credential: log in instead");
  }
  if (text.find('/') != std::string_view::npos) {
    return bad_registry(text, "has a '/': a registry is a host and perhaps a port, without a repository");
  }
  const auto host = text.substr(0, end_of_host(text));
  DRAY_TRY(check_host(text, host));
  const auto rest = text.substr(host.size());
  if (!rest.empty() && (rest.front() != ':' || !read_port(rest.substr(1)))) {
    return bad_registry(text, "has no port between 1 and 65535 behind its host");
  }
  if (!is_told_from_a_path(text)) {
    return bad_registry(
        text, "could be part of a Docker Hub name: write its port too, as in " + quote(std::string(text) + ":443"));
  }
  if (text.size() > limits::max_name_chars) return bad_registry(text, "is longer than 255 characters");
  const bool is_hub =
      std::ranges::any_of(docker_hub_names, [&](auto name) { return chars::equal_ignoring_case(text, name); });
  if (is_hub) return docker_hub();
  return Registry(std::string(text), host.size());
}

Registry Registry::docker_hub() { return {std::string(docker_hub_name), docker_hub_name.size()}; }

std::optional<std::uint16_t> Registry::port() const noexcept {
  if (text_.size() == host_chars_) return std::nullopt;
  return read_port(std::string_view(text_).substr(host_chars_ + 1));
}

bool Registry::is_docker_hub() const noexcept { return text_ == docker_hub_name; }

bool Registry::is_loopback_name() const noexcept {
  if (const auto ipv6 = read_ipv6(host())) return IN6_IS_ADDR_LOOPBACK(&*ipv6);
  const auto lowered = chars::lowered(host());
  return lowered == "localhost" || lowered.ends_with(".localhost") || is_ipv4_loopback(lowered);
}

}  // namespace dray
