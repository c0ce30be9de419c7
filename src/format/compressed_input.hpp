#pragma once

#include <cstdint>
#include <dray/base/stream.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace dray {

/// What a decompressor reads from: a buffer over the compressed source, and a count of what was taken.
class CompressedInput {
 public:
  explicit CompressedInput(std::unique_ptr<ByteSource> source);

  /// Bytes read ahead and not taken yet; empty only at the source's end.
  [[nodiscard]] Result<ByteView> peek();
  /// Takes the first bytes of `peek`.
  void take(std::size_t bytes) noexcept;
  /// nullopt at the end.
  [[nodiscard]] Result<std::optional<std::uint8_t>> next_byte();
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t taken_ = 0;
};

/// `limit_exceeded` where more came out than `max_compression_ratio` allows for what went in.
[[nodiscard]] Result<void> check_expansion(std::uint64_t in, std::uint64_t out);

}  // namespace dray
