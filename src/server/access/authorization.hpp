#pragma once

#include <dray/http/message.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace dray::server {

/// A user name and password as a client sent them.
struct Login {
  std::string user;
  std::string password;
};
struct NoCredential {};
struct BearerToken {
  std::string text;
};
/// Something that is no credential of a kind that we know.
struct BadCredential {};
using Credential = std::variant<NoCredential, Login, BearerToken, BadCredential>;

/// Reads the `Authorization` header. Two of them are a bad one; so are control characters, and what passes
/// `max_login_bytes` or `max_presented_token_bytes`. `Basic` with neither user nor password is none: containers/image
/// sends that where a person is not logged in. Source: RFC 7617, RFC 6750.
[[nodiscard]] Credential read_authorization(const http::Headers& headers);

/// A login as `user` and `password` apart, by the same rules.
[[nodiscard]] bool is_sound(const Login& login) noexcept;

}  // namespace dray::server
