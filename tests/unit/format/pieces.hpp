#pragma once

#include <algorithm>
#include <array>
#include <dray/base/stream.hpp>
#include <string>

namespace dray::testing {

/// The sizes that every stream parser is fed with.
inline constexpr std::array<std::size_t, 6> piece_sizes{1, 2, 3, 7, 512, 4096};

/// Gives out a text in pieces of one size.
class PieceSource final : public ByteSource {
 public:
  PieceSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}

  [[nodiscard]] Result<std::size_t> read(ByteSpan into) override {
    const std::size_t size = std::min({into.size(), piece_, text_.size() - at_});
    std::ranges::copy(as_bytes(text_).subspan(at_, size), into.begin());
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

}  // namespace dray::testing
