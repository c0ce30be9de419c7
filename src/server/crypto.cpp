#include "crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <dray/format/base64.hpp>
#include <stdexcept>

namespace dray::server {
namespace {

const unsigned char* data(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using Hash = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string text(const Hash& hash, std::size_t size) { return {reinterpret_cast<const char*>(hash.data()), size}; }

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view message) {
  Hash hash{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data(message), message.size(), hash.data(), &size) ==
      nullptr) {
    throw std::runtime_error("OpenSSL makes no HMAC-SHA256");
  }
  return text(hash, size);
}

std::string md5(std::string_view message) {
  Hash hash{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "MD5", nullptr, data(message), message.size(), hash.data(), &size) != 1) {
    throw std::runtime_error("OpenSSL offers no MD5");
  }
  return text(hash, size);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    throw std::runtime_error("OpenSSL has no random bytes");
  }
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string base64url_encode(std::string_view bytes) {
  auto encoded = base64_encode(bytes);
  while (encoded.ends_with('=')) encoded.pop_back();
  std::ranges::replace(encoded, '+', '-');
  std::ranges::replace(encoded, '/', '_');
  return encoded;
}

std::optional<std::string> base64url_decode(std::string_view encoded) {
  if (encoded.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string standard(encoded);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  standard.append((4 - standard.size() % 4) % 4, '=');
  return base64_decode(standard);
}

}  // namespace dray::server
