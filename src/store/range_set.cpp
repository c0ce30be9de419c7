#include "range_set.hpp"

#include <algorithm>

namespace dray {
namespace {

/// The first range that ends at or behind `offset`.
template <class Ranges>
auto first_reaching(Ranges& ranges, std::uint64_t offset) {
  return std::lower_bound(ranges.begin(), ranges.end(), offset,
                          [](const ByteRange& range, std::uint64_t at) { return range.end < at; });
}

}  // namespace

void RangeSet::add(ByteRange range) {
  if (range.empty()) return;
  const auto first = first_reaching(ranges_, range.begin);
  auto last = first;  // one behind the last range that `range` touches
  while (last != ranges_.end() && last->begin <= range.end) ++last;
  if (first == last) {
    ranges_.insert(first, range);
    return;
  }
  first->begin = std::min(first->begin, range.begin);
  first->end = std::max((last - 1)->end, range.end);
  ranges_.erase(first + 1, last);
}

void RangeSet::remove(ByteRange range) {
  if (range.empty()) return;
  std::vector<ByteRange> kept;
  for (const auto& one : ranges_) {
    if (const ByteRange before{one.begin, std::min(one.end, range.begin)}; !before.empty()) kept.push_back(before);
    if (const ByteRange behind{std::max(one.begin, range.end), one.end}; !behind.empty()) kept.push_back(behind);
  }
  ranges_ = std::move(kept);
}

bool RangeSet::overlaps(ByteRange range) const noexcept {
  if (range.empty()) return false;
  const auto found = first_reaching(ranges_, range.begin + 1);
  return found != ranges_.end() && found->begin < range.end;
}

std::uint64_t RangeSet::contiguous_end(std::uint64_t offset) const noexcept {
  const auto found = first_reaching(ranges_, offset + 1);
  return found != ranges_.end() && found->begin <= offset ? found->end : offset;
}

std::vector<ByteRange> RangeSet::gaps(ByteRange range) const {
  std::vector<ByteRange> found;
  auto at = range.begin;
  for (auto one = first_reaching(ranges_, range.begin); one != ranges_.end() && one->begin < range.end; ++one) {
    if (one->begin > at) found.push_back({at, one->begin});
    at = std::max(at, one->end);
  }
  if (at < range.end) found.push_back({at, range.end});
  return found;
}

}  // namespace dray
