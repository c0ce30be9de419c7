#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dray {

/// Bytes that somebody else owns.
using ByteView = std::span<const std::byte>;
/// Somebody else's room for bytes.
using ByteSpan = std::span<std::byte>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }
[[nodiscard]] inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A half-open range of offsets, `begin` included, `end` not.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  [[nodiscard]] std::uint64_t size() const noexcept { return end - begin; }
  [[nodiscard]] bool empty() const noexcept { return end <= begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

}  // namespace dray
