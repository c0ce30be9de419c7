#pragma once

#include <string>
#include <string_view>

namespace dray::testing {

/// `sha256:<hex>` of `bytes`, by OpenSSL alone: an opinion that does not depend on the code under test.
[[nodiscard]] std::string digest_of(std::string_view bytes);
/// The same for `sha512`.
[[nodiscard]] std::string sha512_digest_of(std::string_view bytes);
/// The raw HMAC-SHA256.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
[[nodiscard]] std::string base64(std::string_view bytes);
/// Base64url without padding, as JSON web signatures write it.
[[nodiscard]] std::string base64url(std::string_view bytes);

}  // namespace dray::testing
