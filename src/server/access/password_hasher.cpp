#include "password_hasher.hpp"

#include <crypt.h>

#include <algorithm>

#include "../crypto.hpp"

namespace dray::server {
namespace {

constexpr std::size_t prefix_chars = 7;  // `$2y$10$`
constexpr std::size_t hash_chars = 60;   // with a salt of 22 and a checksum of 31

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_bcrypt_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '/';
}

class CryptHasher final : public PasswordHasher {
 public:
  [[nodiscard]] bool matches(const std::string& password, const std::string& hash) const override {
    const auto work = std::make_unique<crypt_data>();  // 32 KiB, too much for a small stack
    const char* const computed = crypt_r(password.c_str(), hash.c_str(), work.get());
    return computed != nullptr && equal_in_constant_time(computed, hash);
  }
};

}  // namespace

std::unique_ptr<PasswordHasher> crypt_hasher() { return std::make_unique<CryptHasher>(); }

unsigned bcrypt_cost(std::string_view hash) noexcept {
  if (hash.size() != hash_chars) return 0;
  if (!hash.starts_with("$2y$") && !hash.starts_with("$2b$") && !hash.starts_with("$2a$")) return 0;
  if (!is_digit(hash[4]) || !is_digit(hash[5]) || hash[6] != '$') return 0;
  if (!std::ranges::all_of(hash.substr(prefix_chars), is_bcrypt_char)) return 0;
  const auto cost = static_cast<unsigned>((hash[4] - '0') * 10 + (hash[5] - '0'));
  return cost >= 4 && cost <= 31 ? cost : 0;
}

std::string unmatched_hash(unsigned cost) {
  std::string hash = "$2y$";
  hash += static_cast<char>('0' + cost / 10 % 10);
  hash += static_cast<char>('0' + cost % 10);
  hash += '$';
  return hash.append(hash_chars - prefix_chars, '.');
}

}  // namespace dray::server
