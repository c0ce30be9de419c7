#pragma once

#include <chrono>
#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <map>
#include <string>
#include <string_view>

namespace dray::server {

/// Logins whose password was right a moment ago, so that not each of a client's requests costs a bcrypt. What is kept
/// is a keyed hash of user, password and password hash; the key dies with the process. Safe from many threads.
class RememberedLogins {
 public:
  /// `clock` must outlive it.
  explicit RememberedLogins(const Clock& clock);

  [[nodiscard]] bool knows(std::string_view user, std::string_view password, std::string_view hash) const;
  void remember(std::string_view user, std::string_view password, std::string_view hash);
  void forget_all();

 private:
  using Time = std::chrono::steady_clock::time_point;
  [[nodiscard]] std::string mark(std::string_view user, std::string_view password, std::string_view hash) const;

  const Clock& clock_;
  std::string key_;
  Guarded<std::map<std::string, Time>> ends_;
};

}  // namespace dray::server
