#include "basic.hpp"

#include <cstdint>
#include <memory>

namespace dray::client {
namespace {

/// Base64 with padding (RFC 4648 section 4).
std::string base64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto group = bytes.substr(at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= group.size() ? digits[(bits >> (18 - 6 * i)) & 63U] : '=';
    }
  }
  return text;
}

}  // namespace

std::string basic_authorization(const Credential& credential) {
  return "Basic " + base64(credential.username + ":" + credential.password);
}

http::Authorize bound_to(http::Origin home, std::string value) {
  // One call of the session runs on one thread; the flag is shared by the copies of the function.
  auto left = std::make_shared<bool>(false);
  return [home = std::move(home), value = std::move(value),
          left](const http::Url& url) -> Result<std::optional<std::string>> {
    *left = *left || url.origin() != home;
    if (*left) return std::optional<std::string>();
    return std::optional(value);
  };
}

}  // namespace dray::client
