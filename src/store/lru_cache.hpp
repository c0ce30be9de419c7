#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace dray {

/// Keeps what was used last, up to a weight in all. Values are copied out, so make them cheap to copy, or `take` them.
/// Safe from many threads.
template <class Key, class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t max_weight) : max_weight_(max_weight) {}

  [[nodiscard]] std::optional<Value> get(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }

  /// Takes the value out.
  [[nodiscard]] std::optional<Value> take(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    std::optional<Value> value(std::move(found->second->value));
    drop(found->second);
    return value;
  }

  /// Replaces what was there. A value heavier than the whole cache is not kept.
  void put(const Key& key, Value value, std::size_t weight) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
    if (weight > max_weight_) return;
    entries_.push_front({key, std::move(value), weight});
    places_.emplace(key, entries_.begin());
    weight_ += weight;
    while (weight_ > max_weight_) drop(std::prev(entries_.end()));
  }

  void erase(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) drop(found->second);
  }

  [[nodiscard]] std::size_t weight() const {
    const std::lock_guard lock(mutex_);
    return weight_;
  }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t weight;
  };
  using Entries = std::list<Entry>;

  void drop(typename Entries::iterator entry) {
    weight_ -= entry->weight;
    places_.erase(entry->key);
    entries_.erase(entry);
  }

  mutable std::mutex mutex_;
  Entries entries_;  // the one used last comes first
  std::unordered_map<Key, typename Entries::iterator> places_;
  std::size_t weight_ = 0;
  const std::size_t max_weight_;
};

}  // namespace dray
