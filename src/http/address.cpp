#include <dray/http/address.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <span>
#include <string>

namespace dray::http {
namespace {

struct Block4 {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
  AddressClass leads_to;
};
struct Block6 {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
  AddressClass leads_to;
};

constexpr auto blocks4 = std::to_array<Block4>({
    {{0, 0, 0, 0}, 8, AddressClass::loopback},  // "this host": Linux connects to itself
    {{127, 0, 0, 0}, 8, AddressClass::loopback},
    {{10, 0, 0, 0}, 8, AddressClass::private_network},
    {{100, 64, 0, 0}, 10, AddressClass::private_network},  // carrier-grade NAT
    {{169, 254, 0, 0}, 16, AddressClass::link_local},      // cloud metadata lives here
    {{172, 16, 0, 0}, 12, AddressClass::private_network},
    {{192, 0, 0, 0}, 24, AddressClass::private_network},     // IETF protocol assignments
    {{192, 0, 2, 0}, 24, AddressClass::private_network},     // documentation
    {{192, 168, 0, 0}, 16, AddressClass::private_network},   //
    {{198, 18, 0, 0}, 15, AddressClass::private_network},    // benchmarks
    {{198, 51, 100, 0}, 24, AddressClass::private_network},  // documentation
    {{203, 0, 113, 0}, 24, AddressClass::private_network},   // documentation
    {{224, 0, 0, 0}, 3, AddressClass::link_local},           // multicast, reserved, broadcast
});

constexpr auto blocks6 = std::to_array<Block6>({
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, AddressClass::private_network},  // local NAT64
    {{0x01, 0x00}, 64, AddressClass::link_local},                               // discard only
    {{0x20, 0x01}, 23, AddressClass::private_network},  // IETF protocol assignments; Teredo carries IPv4 in disguise
    {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressClass::private_network},  // documentation
    {{0x3f, 0xff}, 20, AddressClass::private_network},              // documentation
    {{0xfc}, 7, AddressClass::private_network},                     // unique local
    {{0xfe, 0x80}, 10, AddressClass::link_local},
    {{0xfe, 0xc0}, 10, AddressClass::private_network},  // site local, deprecated
    {{0xff}, 8, AddressClass::link_local},              // multicast
});

bool begins_with(std::span<const std::uint8_t> address, std::span<const std::uint8_t> prefix, unsigned bits) {
  const auto whole = bits / 8;
  if (!std::ranges::equal(address.first(whole), prefix.first(whole))) return false;
  const auto rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((address[whole] ^ prefix[whole]) & mask) == 0;
}

std::array<std::uint8_t, 4> four_at(const std::array<std::uint8_t, 16>& address, std::size_t at) {
  return {address[at], address[at + 1], address[at + 2], address[at + 3]};
}

/// The IPv4 address that an IPv6 one carries.
std::optional<std::array<std::uint8_t, 4>> carried_ipv4(const std::array<std::uint8_t, 16>& address) {
  constexpr std::array<std::uint8_t, 16> compatible{};
  constexpr std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 16> translated{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<std::uint8_t, 16> nat64{0x00, 0x64, 0xff, 0x9b};
  constexpr std::array<std::uint8_t, 2> six_to_four{0x20, 0x02};
  if (begins_with(address, mapped, 96) || begins_with(address, nat64, 96) || begins_with(address, translated, 96)) {
    return four_at(address, 12);
  }
  if (begins_with(address, compatible, 96)) {
    // `::` and `::1` lie here too, and lead where 0.0.0.0/8 does.
    return four_at(address, 12);
  }
  if (begins_with(address, six_to_four, 16)) return four_at(address, 2);
  return std::nullopt;
}

}  // namespace

AddressClass classify_ipv4(const std::array<std::uint8_t, 4>& address) noexcept {
  for (const auto& block : blocks4) {
    if (begins_with(address, block.prefix, block.bits)) return block.leads_to;
  }
  return AddressClass::global;
}

AddressClass classify_ipv6(const std::array<std::uint8_t, 16>& address) noexcept {
  if (const auto inner = carried_ipv4(address)) return classify_ipv4(*inner);
  for (const auto& block : blocks6) {
    if (begins_with(address, block.prefix, block.bits)) return block.leads_to;
  }
  return AddressClass::global;
}

std::optional<AddressClass> classify_host(std::string_view host) noexcept {
  if (host == "localhost" || host.ends_with(".localhost")) return AddressClass::loopback;
  std::array<char, INET6_ADDRSTRLEN + 1> text{};
  if (host.size() >= text.size()) return std::nullopt;
  std::ranges::copy(host, text.begin());
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, text.data(), four.data()) == 1) return classify_ipv4(four);
  std::array<std::uint8_t, 16> six{};
  if (inet_pton(AF_INET6, text.data(), six.data()) == 1) return classify_ipv6(six);
  return std::nullopt;
}

bool allows(AddressRule rule, AddressClass to) noexcept {
  switch (rule) {
    case AddressRule::any:
      return true;
    case AddressRule::not_loopback:
      return to >= AddressClass::link_local;
    case AddressRule::routed:
      return to >= AddressClass::private_network;
    case AddressRule::public_only:
      return to == AddressClass::global;
  }
  return false;
}

AddressRule rule_behind(AddressClass reached) noexcept {
  switch (reached) {
    case AddressClass::loopback:
      return AddressRule::any;
    case AddressClass::link_local:
      return AddressRule::not_loopback;
    case AddressClass::private_network:
      return AddressRule::routed;
    case AddressClass::global:
      break;
  }
  return AddressRule::public_only;
}

}  // namespace dray::http
