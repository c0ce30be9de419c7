#include "range_scheduler.hpp"

#include <algorithm>
#include <cassert>

namespace dray::ops {

RangeScheduler::RangeScheduler(std::vector<ByteRange> missing, std::uint64_t min_range)
    : min_range_(std::max<std::uint64_t>(min_range, 1)), pending_(std::move(missing)) {
  std::erase_if(pending_, [](const ByteRange& range) { return range.empty(); });
}

std::optional<RangeScheduler::Lease> RangeScheduler::take(std::optional<std::uint64_t> preferred) {
  const std::lock_guard lock(mutex_);
  return take_locked(preferred);
}

std::optional<RangeScheduler::Lease> RangeScheduler::wait_and_take(std::optional<std::uint64_t> preferred,
                                                                   const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  std::optional<Lease> lease;
  changed_.wait(lock, stop, [&] {
    lease = take_locked(preferred);
    return lease || active_.empty();
  });
  return lease;
}

std::optional<RangeScheduler::Lease> RangeScheduler::take_tail(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto* from = largest();
  if (from == nullptr || from->range.size() < 2 * min_range_) return std::nullopt;
  const auto size = std::min(std::max(bytes, min_range_), from->range.size() / 2);
  const ByteRange tail{from->range.end - size, from->range.end};
  from->range.end = tail.begin;
  return begin(tail);
}

void RangeScheduler::spread(std::size_t parts, std::uint64_t largest) {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& range : pending_) total += range.size();
  for (const auto& active : active_) total += active.range.size();
  const auto piece = std::max(std::min(total / std::max<std::size_t>(parts, 1), largest), min_range_);
  const auto parts_of = [piece](const ByteRange& range) {
    return static_cast<std::size_t>(std::max<std::uint64_t>(1, (range.size() + piece / 2) / piece));
  };
  auto whole = std::move(pending_);
  pending_.clear();
  for (const auto& range : whole) add_pending(cut_front(range, parts_of(range)));
  for (auto& active : active_) active.range = cut_front(active.range, parts_of(active.range));
}

std::uint64_t RangeScheduler::left(std::size_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = std::ranges::find(active_, id, &Active::id);
  assert(at != active_.end());
  return at->range.size();
}

std::uint64_t RangeScheduler::claim(std::size_t id, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  auto& range = find(id).range;
  const auto claimed = std::min(bytes, range.size());
  range.begin += claimed;
  return claimed;
}

void RangeScheduler::release(std::size_t id) {
  {
    const std::lock_guard lock(mutex_);
    auto& active = find(id);
    if (!active.range.empty()) add_pending(active.range);
    active = active_.back();
    active_.pop_back();
  }
  changed_.notify_all();
}

std::uint64_t RangeScheduler::unclaimed() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& range : pending_) total += range.size();
  for (const auto& active : active_) total += active.range.size();
  return total;
}

RangeScheduler::Active& RangeScheduler::find(std::size_t id) {
  const auto at = std::ranges::find(active_, id, &Active::id);
  assert(at != active_.end());
  return *at;
}

RangeScheduler::Lease RangeScheduler::begin(ByteRange range) {
  active_.push_back({next_id_++, range});
  return {active_.back().id, range};
}

std::optional<RangeScheduler::Lease> RangeScheduler::take_locked(std::optional<std::uint64_t> preferred) {
  if (!pending_.empty()) {
    auto at = preferred ? std::ranges::find(pending_, *preferred, &ByteRange::begin) : pending_.begin();
    if (at == pending_.end()) at = pending_.begin();
    const auto range = *at;
    pending_.erase(at);
    return begin(range);
  }
  auto* from = largest();
  if (from == nullptr || from->range.size() < 2 * min_range_) return std::nullopt;
  const ByteRange tail{from->range.begin + (from->range.size() + 1) / 2, from->range.end};
  from->range.end = tail.begin;
  return begin(tail);
}

RangeScheduler::Active* RangeScheduler::largest() {
  const auto at = std::ranges::max_element(active_, {}, [](const Active& active) { return active.range.size(); });
  return at == active_.end() ? nullptr : &*at;
}

void RangeScheduler::add_pending(ByteRange range) {
  pending_.insert(std::ranges::upper_bound(pending_, range.begin, {}, &ByteRange::begin), range);
}

/// Puts all of `range` but the first of `parts` equal pieces among the pending ones, and returns that.
ByteRange RangeScheduler::cut_front(ByteRange range, std::size_t parts) {
  const auto piece = range.size() / parts;
  const ByteRange front{range.begin, parts == 1 ? range.end : range.begin + piece};
  for (std::size_t i = 1; i < parts; ++i) {
    const auto from = range.begin + i * piece;
    add_pending({from, i + 1 == parts ? range.end : from + piece});
  }
  return front;
}

}  // namespace dray::ops
