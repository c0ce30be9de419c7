#pragma once

#include <condition_variable>
#include <dray/base/clock.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "token_service.hpp"

namespace dray::client {

/// What a token is good for; another account or a wider scope is another token.
struct TokenKey {
  std::string registry;  ///< Its origin.
  std::string realm;
  std::string service;
  std::string scopes;
  std::string account;  ///< Empty: anonymous.
  friend auto operator<=>(const TokenKey&, const TokenKey&) = default;
};

/// Keeps tokens until shortly before they expire, and lets one thread fetch while others wait for it.
/// Safe from many threads.
class TokenCache {
 public:
  using Fetch = std::function<Result<Token>()>;

  explicit TokenCache(Clock& clock) : clock_(clock) {}

  /// The token that lives at least `life` longer (and never less than 5 s), from the cache or from `fetch`, which runs
  /// on this thread with no lock held. Who waited for another's fetch gets that one's failure too, unless it was
  /// cancelled.
  [[nodiscard]] Result<std::string> get(const TokenKey& key, std::chrono::seconds life, const Fetch& fetch,
                                        const std::stop_token& stop);
  /// True when a token for this was fetched before, expired or not.
  [[nodiscard]] bool knows(const TokenKey& key) const;
  /// True when this was the token, and its time is over.
  [[nodiscard]] bool has_expired(const TokenKey& key, const std::string& value) const;
  /// Drops the token if it is still this one.
  void forget(const TokenKey& key, const std::string& value);

 private:
  struct Entry {
    std::optional<Token> token;
    std::optional<Error> failure;  // of the fetch that ended last
    std::uint64_t fetches = 0;     // that ended
    bool in_flight = false;
  };
  [[nodiscard]] bool is_good(const Entry& entry, std::chrono::seconds life) const;

  Clock& clock_;
  mutable std::mutex mutex_;  // guards entries_
  std::condition_variable_any fetched_;
  std::map<TokenKey, Entry> entries_;
};

}  // namespace dray::client
