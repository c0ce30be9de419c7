#pragma once

#include <atomic>
#include <cstdint>
#include <dray/format/base64.hpp>
#include <dray/server/access.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "access/password_access.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace dray::server {

/// A hash that looks like bcrypt's and that `CountingHasher` takes for a password's: `fake_hash(4, "secret")`.
/// The password is letters and digits, at most 31 of them.
inline std::string fake_hash(unsigned cost, std::string_view password) {
  std::string hash = cost < 10 ? "$2y$0" : "$2y$";
  hash += std::to_string(cost) + "$0000000000000000000000" + std::string(password);
  hash.resize(60, '.');
  return hash;
}

/// Counts the rounds that bcrypt would take.
class CountingHasher final : public PasswordHasher {
 public:
  explicit CountingHasher(std::atomic<std::uint64_t>& rounds) : rounds_(rounds) {}
  [[nodiscard]] bool matches(const std::string& password, const std::string& hash) const override {
    rounds_ += 1ULL << bcrypt_cost(hash);
    return hash == fake_hash(bcrypt_cost(hash), password);
  }

 private:
  std::atomic<std::uint64_t>& rounds_;
};

/// Two users, alice with `secret` and bob with `hidden`; a clock that stands still.
class AccessFixture {
 public:
  AccessFixture() { write_users({{"alice", "secret"}, {"bob", "hidden"}}); }

  void write_users(const std::map<std::string, std::string>& users, unsigned cost = 4) const {
    std::string text = "# users\n";
    for (const auto& [user, password] : users) text.append(user).append(":").append(fake_hash(cost, password)) += '\n';
    folder.write("htpasswd", text);
  }

  [[nodiscard]] AccessOptions options() {
    AccessOptions options;
    options.htpasswd = folder / "htpasswd";
    options.report = [this](const Error& error) { reports.push_back(error.message()); };
    return options;
  }
  [[nodiscard]] std::shared_ptr<Access> open(const AccessOptions& options) {
    auto access = make_password_access(options, clock, std::make_unique<CountingHasher>(rounds));
    return access ? std::move(access).value() : nullptr;
  }

  testing::TempDir folder;
  testing::FakeClock clock;
  std::atomic<std::uint64_t> rounds = 0;
  std::vector<std::string> reports;
};

inline std::string basic(std::string_view user, std::string_view password) {
  return "Basic " + base64_encode(std::string(user) + ":" + std::string(password));
}

inline Request request_with(std::string authorization, std::string peer = "192.0.2.1") {
  Request request;
  request.path = "/v2/";
  request.peer = std::move(peer);
  request.headers.add("Host", "registry.example:5000");
  if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
  return request;
}

/// What a decision comes to, in one word: the user who was granted (`nobody` without one), `401`, `403` or `429`.
inline std::string outcome(const Decision& decision) {
  if (const auto* const granted = std::get_if<Granted>(&decision)) {
    return granted->user.empty() ? "nobody" : granted->user;
  }
  const auto& denied = std::get<Denied>(decision);
  if (denied.too_many) return "429";
  return denied.challenges.empty() ? "403" : "401";
}

inline std::string ask(Access& access, const Request& request, const std::vector<Need>& needs) {
  return outcome(access.decide(request, needs));
}

}  // namespace dray::server
