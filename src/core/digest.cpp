// The one-shot hash of a manifest uses OpenSSL's low-level calls, see `Digest::of`.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <dray/core/digest.hpp>

#include "chars.hpp"
#include "quote.hpp"

namespace dray {
namespace {

Error bad_digest(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_input, "digest " + quote(text) + " " + std::string(why)};
}

Result<DigestAlgorithm> parse_algorithm(std::string_view text, std::string_view algorithm) {
  for (const auto known : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    if (algorithm == name(known)) return known;
  }
  if (chars::has_upper(algorithm)) return bad_digest(text, "has an upper-case letter in its algorithm");
  return bad_digest(text, "has an algorithm that is not supported: sha256 and sha512 are");
}

}  // namespace

std::string_view name(DigestAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case DigestAlgorithm::sha256:
      return "sha256";
    case DigestAlgorithm::sha512:
      return "sha512";
  }
  return "unknown";
}

std::size_t hash_bytes(DigestAlgorithm algorithm) noexcept { return algorithm == DigestAlgorithm::sha256 ? 32 : 64; }

Digest::Digest(DigestAlgorithm algorithm) noexcept : algorithm_(algorithm) {
  const auto prefix = name(algorithm);
  *std::ranges::copy(prefix, text_.begin()).out = ':';
}

Result<Digest> Digest::parse(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return bad_digest(text, "has no algorithm: write sha256:<64 hex digits>");
  DRAY_TRY_ASSIGN(const auto algorithm, parse_algorithm(text, text.substr(0, colon)));
  const auto hex = text.substr(colon + 1);
  if (!std::ranges::all_of(hex, chars::is_lower_hex)) {
    const bool hex_but_for_case =
        std::ranges::all_of(hex, [](char c) { return chars::is_lower_hex(chars::lowered(c)); });
    return bad_digest(text, hex_but_for_case ? "has upper-case hex digits: write them in lower case"
                                             : "has a character that is no lower-case hex digit");
  }
  const auto wanted = 2 * hash_bytes(algorithm);
  if (hex.size() != wanted) {
    return bad_digest(text, "has " + std::to_string(hex.size()) + " hex digits: " + std::string(name(algorithm)) +
                                " has " + std::to_string(wanted));
  }
  Digest digest(algorithm);
  std::ranges::copy(hex, digest.text_.begin() + prefix_chars);
  return digest;
}

// A Digester's first use makes OpenSSL set up all its algorithms: 0.9 ms, a tenth of a whole `dray manifest get`. The
// low-level calls, deprecated but the same code, cost nothing.
Digest Digest::of(ByteView bytes) {
  SHA256_CTX context;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(hash.data(), &context);
  return from_hash(DigestAlgorithm::sha256, std::as_bytes(std::span(hash)));
}

Digest Digest::from_hash(DigestAlgorithm algorithm, ByteView hash) noexcept {
  assert(hash.size() == hash_bytes(algorithm));
  constexpr std::string_view hex_digits = "0123456789abcdef";
  Digest digest(algorithm);
  auto* at = digest.text_.begin() + prefix_chars;
  for (const auto byte : hash) {
    const auto value = std::to_integer<unsigned>(byte);
    *at++ = hex_digits[value >> 4U];
    *at++ = hex_digits[value & 0xFU];
  }
  return digest;
}

std::string_view Digest::text_view() const noexcept {
  return {text_.data(), prefix_chars + 2 * hash_bytes(algorithm_)};
}

std::string_view Digest::hex() const noexcept { return text_view().substr(prefix_chars); }

}  // namespace dray
