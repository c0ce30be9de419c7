#include "token_cache.hpp"

#include <algorithm>

namespace dray::client {
namespace {

constexpr std::chrono::seconds renewed_early{5};

}  // namespace

bool TokenCache::is_good(const Entry& entry, std::chrono::seconds life) const {
  return entry.token && entry.token->expires > clock_.wall_now() + std::max(life, renewed_early);
}

Result<std::string> TokenCache::get(const TokenKey& key, std::chrono::seconds life, const Fetch& fetch,
                                    const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  auto& entry = entries_[key];  // a map's values stay where they are, and none is ever removed
  while (true) {
    if (is_good(entry, life)) return entry.token->value;
    if (!entry.in_flight) break;
    const auto before = entry.fetches;
    if (!fetched_.wait(lock, stop, [&] { return entry.fetches != before; })) {
      return Error(ErrorCode::cancelled, "stopped while waiting for a token");
    }
    if (entry.failure && entry.failure->code() != ErrorCode::cancelled) return *entry.failure;
    if (entry.token && !is_good(entry, life)) life = renewed_early;  // it is as fresh as this server makes them
  }
  entry.in_flight = true;
  lock.unlock();
  auto token = fetch();
  lock.lock();
  entry.in_flight = false;
  ++entry.fetches;
  entry.failure.reset();
  if (token) {
    entry.token = *token;
  } else {
    entry.failure = token.error();
  }
  fetched_.notify_all();
  if (!token) return std::move(token).error();
  return std::move(token->value);
}

bool TokenCache::knows(const TokenKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.fetches > 0 && !found->second.failure;
}

bool TokenCache::has_expired(const TokenKey& key, const std::string& value) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || !found->second.token) return false;
  return found->second.token->value == value && found->second.token->expires <= clock_.wall_now() + renewed_early;
}

void TokenCache::forget(const TokenKey& key, const std::string& value) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end() && found->second.token && found->second.token->value == value) {
    found->second.token.reset();
  }
}

}  // namespace dray::client
