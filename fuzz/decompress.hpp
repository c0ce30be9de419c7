#pragma once

#include <algorithm>
#include <dray/format/compression.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fuzz_target.hpp"

namespace dray::fuzz {

/// Gives out a text in pieces.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  Result<std::size_t> read(ByteSpan into) override {
    const std::size_t size = std::min({into.size(), piece_, text_.size()});
    std::ranges::copy(as_bytes(text_).first(size), into.begin());
    text_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view text_;
  std::size_t piece_;
};

inline Result<std::string> decompressed(std::string_view bytes, Compression compression, std::size_t piece,
                                        std::size_t step) {
  DRAY_TRY_ASSIGN(const auto source, decompress(std::make_unique<PieceSource>(bytes, piece), compression));
  std::vector<std::byte> buffer(step);
  std::string out;
  constexpr std::size_t enough = 4UL * 1024 * 1024;
  while (out.size() < enough) {
    DRAY_TRY_ASSIGN(const auto got, source->read(buffer));
    if (got == 0) return out;
    out += as_text(ByteView(buffer).first(got));
  }
  return Error(ErrorCode::limit_exceeded, "enough");
}

/// However the input is cut, what comes out is the same.
inline int check_decompression(std::string_view bytes, Compression compression) {
  const auto whole = decompressed(bytes, compression, bytes.size() + 1, 65536);
  const auto pieces = decompressed(bytes, compression, 1, 7);
  if (whole.has_value() && pieces.has_value()) require(*whole == *pieces);
  return 0;
}

}  // namespace dray::fuzz
