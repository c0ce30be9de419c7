#include "compressed_input.hpp"

#include <fmt/format.h>

#include <dray/core/limits.hpp>

namespace dray {

CompressedInput::CompressedInput(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(128UL * 1024) {}

Result<ByteView> CompressedInput::peek() {
  if (begin_ == end_) {
    begin_ = 0;
    end_ = 0;
    DRAY_TRY_ASSIGN(end_, source_->read(buffer_));
  }
  return ByteView(buffer_).subspan(begin_, end_ - begin_);
}

void CompressedInput::take(std::size_t bytes) noexcept {
  begin_ += bytes;
  taken_ += bytes;
}

Result<std::optional<std::uint8_t>> CompressedInput::next_byte() {
  DRAY_TRY_ASSIGN(const auto bytes, peek());
  if (bytes.empty()) return std::optional<std::uint8_t>();
  take(1);
  return std::optional(std::to_integer<std::uint8_t>(bytes.front()));
}

Result<void> check_expansion(std::uint64_t in, std::uint64_t out) {
  // Divided, not multiplied: sizes near 2^64 must not wrap round.
  const bool bomb = out > limits::compression_ratio_grace_bytes && out / limits::max_compression_ratio > in;
  if (!bomb) return {};
  return Error(ErrorCode::limit_exceeded,
               fmt::format("decompress: {} bytes became {}, which is more than {} for one; this looks like a bomb", in,
                           out, limits::max_compression_ratio));
}

}  // namespace dray
