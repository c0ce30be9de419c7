#pragma once

#include <dray/client/credentials.hpp>
#include <dray/http/session.hpp>
#include <functional>
#include <string>

namespace dray::client {

/// The value of `Authorization` for a user name and password (RFC 7617).
[[nodiscard]] std::string basic_authorization(const Credential& credential);

/// Gives `value` to `home` alone, and to nobody any more once a redirect led elsewhere.
[[nodiscard]] http::Authorize bound_to(http::Origin home, std::string value);

}  // namespace dray::client
