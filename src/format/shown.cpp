#include "shown.hpp"

#include "utf8.hpp"

namespace dray {
namespace {

constexpr std::size_t max_shown_bytes = 64;

/// Whether a whole UTF-8 sequence is a control character: C0, DEL or C1.
bool is_control(std::string_view sequence) noexcept {
  const auto byte = [sequence](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7f;
  return sequence.size() == 2 && byte(0) == 0xc2 && byte(1) < 0xa0;
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out = "\"";
  while (!text.empty() && out.size() <= max_shown_bytes) {
    const std::size_t length = utf8_sequence_length(text);
    const bool fit = length > 0 && !is_control(text.substr(0, length));
    out += fit ? text.substr(0, length) : "?";
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out + (text.empty() ? "\"" : "...\"");
}

}  // namespace dray
