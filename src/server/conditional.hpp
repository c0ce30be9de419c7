#pragma once

#include <cstdint>
#include <dray/base/bytes.hpp>
#include <dray/core/digest.hpp>
#include <dray/server/message.hpp>
#include <string>
#include <variant>

namespace dray::server {

/// `"sha256:…"`: what is stored under a digest never changes.
[[nodiscard]] std::string entity_tag(const Digest& digest);

/// True when `If-None-Match` names this digest (in quotes or, as distribution takes it, without; weak or not) or `*`.
[[nodiscard]] bool has_already(const Request& request, const Digest& digest);

/// What of `size` bytes a GET wants. A range of several parts, one that cannot be read, and one whose `If-Range` names
/// something else are as good as none. Source: RFC 9110 sections 13.1.5, 14.2.
struct Whole {};
struct Unsatisfiable {};
using WantedBytes = std::variant<Whole, ByteRange, Unsatisfiable>;
[[nodiscard]] WantedBytes wanted_bytes(const Request& request, std::uint64_t size, const Digest& digest);

}  // namespace dray::server
