#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dray::server {

/// Checks a password against a bcrypt hash; passed in, so that tests count the rounds. Safe from many threads.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;
  /// `hash` is one that `bcrypt_cost` accepts; the work is 2^cost rounds, whatever the answer.
  [[nodiscard]] virtual bool matches(const std::string& password, const std::string& hash) const = 0;
};

/// libxcrypt's.
[[nodiscard]] std::unique_ptr<PasswordHasher> crypt_hasher();

/// The cost of a bcrypt hash `$2y$NN$…` (also `$2b$`, `$2a$`), 4 to 31; 0 for what is none.
[[nodiscard]] unsigned bcrypt_cost(std::string_view hash) noexcept;
/// A hash of that cost that no password is known for.
[[nodiscard]] std::string unmatched_hash(unsigned cost);

}  // namespace dray::server
