#include "authorization.hpp"

#include <algorithm>
#include <dray/format/base64.hpp>
#include <dray/server/limits.hpp>
#include <utility>

#include "characters.hpp"

namespace dray::server {
namespace {

char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lowered(x) == lowered(y); });
}

Credential read_basic(std::string_view encoded) {
  // Four characters of base64 for three bytes.
  if (encoded.size() > limits::max_login_bytes / 3 * 4 + 4) return BadCredential{};
  std::string padded(encoded);  // some clients leave the padding out
  while (padded.size() % 4 != 0) padded += '=';
  const auto decoded = base64_decode(padded);
  if (!decoded) return BadCredential{};
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return BadCredential{};
  Login login{decoded->substr(0, colon), decoded->substr(colon + 1)};
  if (login.user.empty() && login.password.empty()) return NoCredential{};
  if (!is_sound(login)) return BadCredential{};
  return login;
}

Credential read_bearer(std::string_view token) {
  if (token.empty() || token.size() > limits::max_presented_token_bytes) return BadCredential{};
  return BearerToken{std::string(token)};
}

}  // namespace

bool is_sound(const Login& login) noexcept {
  return !login.user.empty() && login.user.size() + login.password.size() <= limits::max_login_bytes &&
         login.user.find(':') == std::string::npos && std::ranges::none_of(login.user, is_control) &&
         std::ranges::none_of(login.password, is_control);
}

Credential read_authorization(const http::Headers& headers) {
  const auto lines = headers.all("Authorization");
  if (lines.empty()) return NoCredential{};
  if (lines.size() > 1) return BadCredential{};
  const auto blank = lines.front().find(' ');
  if (blank == std::string_view::npos) return BadCredential{};
  const auto scheme = lines.front().substr(0, blank);
  auto rest = lines.front().substr(blank);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (equal_ignoring_case(scheme, "basic")) return read_basic(rest);
  if (equal_ignoring_case(scheme, "bearer")) return read_bearer(rest);
  return BadCredential{};
}

}  // namespace dray::server
