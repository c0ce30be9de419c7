#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What access and signed links take from OpenSSL, on plain strings. Failures of the library itself (no memory, no
/// entropy) throw.
namespace dray::server {

/// The 32 raw bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);
/// The 16 raw bytes; for nginx's secure_link alone.
[[nodiscard]] std::string md5(std::string_view message);
[[nodiscard]] std::string random_bytes(std::size_t count);

/// Takes the same time wherever two texts of one length differ.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

/// RFC 4648 section 5, without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
/// nullopt for anything that `base64url_encode` does not write.
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view encoded);

}  // namespace dray::server
