#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <dray/http/message.hpp>
#include <optional>
#include <string_view>

namespace dray::http {

/// Where an address of four bytes, in network order, leads. Special-purpose ranges that the public network does
/// not route count as private; multicast and reserved ones as link-local; 0.0.0.0/8 reaches this very machine.
/// Source: RFC 6890 and IANA's special-purpose address registries.
[[nodiscard]] AddressClass classify_ipv4(const std::array<std::uint8_t, 4>& address) noexcept;
/// The same for sixteen bytes. An address that carries an IPv4 one (mapped, compatible, NAT64, 6to4) is where
/// that one leads.
[[nodiscard]] AddressClass classify_ipv6(const std::array<std::uint8_t, 16>& address) noexcept;
/// What a host tells without a look-up: an address in its usual spelling, without brackets, or a name that means
/// this machine (`localhost` and what ends in it, RFC 6761 section 6.3). nullopt for all other names.
[[nodiscard]] std::optional<AddressClass> classify_host(std::string_view host) noexcept;

/// Whether `rule` lets a connection go there.
[[nodiscard]] bool allows(AddressRule rule, AddressClass to) noexcept;

}  // namespace dray::http
