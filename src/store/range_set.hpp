#pragma once

#include <dray/base/bytes.hpp>
#include <vector>

namespace dray {

/// A set of offsets, kept as few ranges in order that neither touch nor overlap. A value.
class RangeSet {
 public:
  /// Empty ranges add and remove nothing. Growing a range at its end, the usual case, allocates nothing.
  void add(ByteRange range);
  void remove(ByteRange range);

  [[nodiscard]] const std::vector<ByteRange>& ranges() const noexcept { return ranges_; }
  [[nodiscard]] bool overlaps(ByteRange range) const noexcept;
  /// How far everything from `offset` on is inside; `offset` itself when it is not.
  [[nodiscard]] std::uint64_t contiguous_end(std::uint64_t offset) const noexcept;
  /// The parts of `range` that are not inside, in order.
  [[nodiscard]] std::vector<ByteRange> gaps(ByteRange range) const;

 private:
  std::vector<ByteRange> ranges_;
};

}  // namespace dray
