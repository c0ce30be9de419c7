#pragma once

#include <dray/base/result.hpp>
#include <map>
#include <string>
#include <string_view>

namespace dray::server {

/// The users of an htpasswd file and their bcrypt hashes. A value.
class Users {
 public:
  /// Lines `user:hash`; empty ones and those that begin with `#` are skipped. `file` is for messages.
  /// Errors: `invalid_input` with file and line for any other hash than bcrypt, a cost above `max_bcrypt_cost`, and a
  /// user who is there twice. No hash is ever in a message.
  [[nodiscard]] static Result<Users> parse(std::string_view text, const std::string& file);

  /// nullptr for nobody.
  [[nodiscard]] const std::string* hash_of(std::string_view user) const noexcept;
  /// The highest cost of all hashes; 10 where there are none.
  [[nodiscard]] unsigned highest_cost() const noexcept { return highest_cost_; }
  [[nodiscard]] std::size_t count() const noexcept { return hashes_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
  unsigned highest_cost_ = 10;
};

}  // namespace dray::server
