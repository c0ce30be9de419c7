#include "utf8.hpp"

namespace dray {
namespace {

bool between(char c, unsigned char low, unsigned char high) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return low <= byte && byte <= high;
}

bool is_continuation(char c) noexcept { return between(c, 0x80, 0xbf); }

/// The second byte is where overlong forms, surrogates and what lies above U+10FFFF are told apart.
bool is_second(char first, char second) noexcept {
  switch (static_cast<unsigned char>(first)) {
    case 0xe0:
      return between(second, 0xa0, 0xbf);
    case 0xed:
      return between(second, 0x80, 0x9f);
    case 0xf0:
      return between(second, 0x90, 0xbf);
    case 0xf4:
      return between(second, 0x80, 0x8f);
    default:
      return is_continuation(second);
  }
}

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const char first = text[0];
  if (between(first, 0x00, 0x7f)) return 1;
  std::size_t length = 0;
  if (between(first, 0xc2, 0xdf)) length = 2;
  if (between(first, 0xe0, 0xef)) length = 3;
  if (between(first, 0xf0, 0xf4)) length = 4;
  if (length == 0 || text.size() < length || !is_second(first, text[1])) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace dray
