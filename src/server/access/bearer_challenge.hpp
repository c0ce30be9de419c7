#pragma once

#include <dray/server/access.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dray::server {

/// Where tokens are to be had, and for what.
struct BearerRealm {
  std::string service;
  std::optional<std::string> url;    ///< Unset: made of the request's Host.
  std::string path;                  ///< Of the token service.
  std::string basic_realm = "dray";  ///< What that asks passwords for.
};

/// `Bearer realm="…",service="…",scope="…",error="…"`; no scope where nothing is needed, no error where it is empty.
[[nodiscard]] std::string bearer_challenge(const BearerRealm& realm, const Request& request,
                                           std::span<const Need> needs, std::string_view error);

/// Whether a `Host` header may be repeated in an answer: a name, an IPv4 address or one in brackets, and a port.
[[nodiscard]] bool is_plain_host(std::string_view host) noexcept;

/// Whether a text can stand between quotes in a header as it is.
[[nodiscard]] bool is_quotable(std::string_view text) noexcept;

}  // namespace dray::server
