#pragma once

#include <chrono>
#include <dray/base/clock.hpp>
#include <dray/base/guarded.hpp>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dray::server {

/// Counts each address's failed logins: `max_failed_logins` within any `failed_login_window`, over at most
/// `max_remembered_addresses`; of more, the one that failed longest ago is forgotten. An IPv6 address counts as its /64
/// network, which is what one customer has. Safe from many threads.
class LoginLimits {
 public:
  /// `clock` must outlive it.
  explicit LoginLimits(const Clock& clock) : clock_(clock) {}

  [[nodiscard]] bool refuses(std::string_view address);
  /// Counts a login that is about to be checked as failed, so that many at a time are no way round the limit. False:
  /// one too many, it is not to be checked.
  [[nodiscard]] bool begin(std::string_view address);
  /// The login that was begun was right: it does not count.
  void succeeded(std::string_view address);
  [[nodiscard]] std::size_t remembered() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Entry {
    std::string key;
    std::vector<Time> failures;  // oldest first
  };
  struct Table {
    std::list<Entry> entries;  // the one that failed last in front
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
  };
  [[nodiscard]] static Entry& entry_of(Table& table, std::string key);
  static void forget_old(Entry& entry, Time now);

  const Clock& clock_;
  Guarded<Table> table_;
};

/// What an address is counted as.
[[nodiscard]] std::string login_limit_key(std::string_view address);

}  // namespace dray::server
