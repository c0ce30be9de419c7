#include "block_input.hpp"

#include <algorithm>

namespace dray {

BlockInput::BlockInput(ByteSource& source) : source_(source), buffer_(64UL * 1024) {}

Result<void> BlockInput::fill() {
  begin_ = 0;
  end_ = 0;
  DRAY_TRY_ASSIGN(end_, source_.read(buffer_));
  return {};
}

Result<std::size_t> BlockInput::read(ByteSpan into) {
  std::size_t got = 0;
  if (begin_ == end_ && into.size() >= buffer_.size()) {
    DRAY_TRY_ASSIGN(got, source_.read(into));
  } else {
    if (begin_ == end_) DRAY_TRY(fill());
    got = std::min(into.size(), end_ - begin_);
    std::ranges::copy(std::span(buffer_).subspan(begin_, got), into.begin());
    begin_ += got;
  }
  offset_ += got;
  return got;
}

Result<std::size_t> BlockInput::read_full(ByteSpan into) {
  std::size_t total = 0;
  while (total < into.size()) {
    DRAY_TRY_ASSIGN(const auto got, read(into.subspan(total)));
    if (got == 0) break;
    total += got;
  }
  return total;
}

Result<std::uint64_t> BlockInput::skip(std::uint64_t bytes) {
  std::uint64_t left = bytes;
  while (left > 0) {
    if (begin_ == end_) {
      DRAY_TRY_ASSIGN(const auto skipped, source_.skip(left));
      offset_ += skipped;
      left -= skipped;
      if (left == 0) break;
      DRAY_TRY(fill());
    }
    if (begin_ == end_) break;
    const std::size_t step = static_cast<std::size_t>(std::min<std::uint64_t>(left, end_ - begin_));
    begin_ += step;
    offset_ += step;
    left -= step;
  }
  return bytes - left;
}

}  // namespace dray
