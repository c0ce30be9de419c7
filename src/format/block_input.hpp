#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <string>
#include <vector>

namespace dray {

/// Reads a source through one buffer, so that small reads are cheap, and counts.
class BlockInput {
 public:
  explicit BlockInput(ByteSource& source);

  /// Bytes given out so far.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  /// At most `into.size()` bytes; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(ByteSpan into);
  /// Fills `into` where there is enough; says how much there was.
  [[nodiscard]] Result<std::size_t> read_full(ByteSpan into);
  /// Drops bytes; says how many there were.
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t bytes);

 private:
  [[nodiscard]] Result<void> fill();

  ByteSource& source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace dray
