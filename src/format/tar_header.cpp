#include "tar_header.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace dray {
namespace {

constexpr std::string_view ustar_magic{"ustar\0", 6};
constexpr std::string_view gnu_magic_and_version{"ustar  \0", 8};
constexpr char base256_positive = '\x80';
constexpr char base256_negative = '\xff';

bool is_blank(char c) noexcept { return c == ' ' || c == '\0'; }

std::optional<std::int64_t> octal(std::string_view text) noexcept {
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;  // Twelve digits are 36 bits: no overflow.
  while (!text.empty() && text.front() >= '0' && text.front() <= '7') {
    value = value * 8 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return std::ranges::all_of(text, is_blank) ? std::optional(value) : std::nullopt;
}

/// Two's complement, most significant byte first; the first byte is nothing but the mark and the sign.
std::optional<std::int64_t> base256(std::string_view text) noexcept {
  const bool negative = text.front() == base256_negative;
  const auto fill = negative ? std::uint8_t{0xff} : std::uint8_t{0};
  std::uint64_t bits = negative ? std::numeric_limits<std::uint64_t>::max() : 0;
  for (const char c : text.substr(1)) {
    if (bits >> 56U != fill) return std::nullopt;
    bits = bits << 8U | static_cast<unsigned char>(c);
  }
  const auto value = static_cast<std::int64_t>(bits);
  return (value < 0) == negative ? std::optional(value) : std::nullopt;
}

template <class Sum>
std::int64_t sum_of(const TarBlock& block, Sum as_number) noexcept {
  constexpr auto field = tar_fields::checksum;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool inside = i >= field.offset && i < field.offset + field.size;
    sum += as_number(inside ? ' ' : block[i]);
  }
  return sum;
}

std::int64_t unsigned_sum(const TarBlock& block) noexcept {
  return sum_of(block, [](char c) { return static_cast<std::int64_t>(static_cast<unsigned char>(c)); });
}

std::int64_t signed_sum(const TarBlock& block) noexcept {
  return sum_of(block, [](char c) { return static_cast<std::int64_t>(static_cast<signed char>(c)); });
}

}  // namespace

std::string_view raw_field(const TarBlock& block, TarField field) noexcept {
  return std::string_view(block.data(), block.size()).substr(field.offset, field.size);
}

std::string_view text_field(const TarBlock& block, TarField field) noexcept {
  const std::string_view raw = raw_field(block, field);
  return raw.substr(0, raw.find('\0'));
}

std::optional<std::int64_t> number_field(const TarBlock& block, TarField field) noexcept {
  const std::string_view raw = raw_field(block, field);
  if (raw.front() == base256_positive || raw.front() == base256_negative) return base256(raw);
  return octal(raw);
}

bool checksum_holds(const TarBlock& block) noexcept {
  const std::string_view raw = raw_field(block, tar_fields::checksum);
  if (raw.front() == '\0') return false;
  const auto wanted = octal(raw);
  return wanted && (*wanted == unsigned_sum(block) || *wanted == signed_sum(block));
}

bool is_zero(const TarBlock& block) noexcept {
  return std::ranges::all_of(block, [](char c) { return c == '\0'; });
}

std::optional<TarDialect> dialect_of(const TarBlock& block) noexcept {
  const auto both = raw_field(block, {tar_fields::magic.offset, tar_fields::magic.size + tar_fields::version.size});
  if (both == gnu_magic_and_version) return TarDialect::gnu;
  if (both.starts_with(ustar_magic)) {
    const bool star = raw_field(block, tar_fields::star_magic) == std::string_view("tar\0", 4);
    return star ? std::nullopt : std::optional(TarDialect::ustar);
  }
  const bool nothing = std::ranges::all_of(both, [](char c) { return c == '\0'; });
  return nothing ? std::optional(TarDialect::v7) : std::nullopt;
}

void put_text(TarBlock& block, TarField field, std::string_view text) noexcept {
  assert(text.size() <= field.size);
  std::ranges::copy(text, block.begin() + static_cast<std::ptrdiff_t>(field.offset));
}

std::uint64_t largest_octal(TarField field) noexcept { return (std::uint64_t{1} << (3 * (field.size - 1))) - 1; }

void put_octal(TarBlock& block, TarField field, std::uint64_t value) noexcept {
  assert(value <= largest_octal(field));
  std::size_t at = field.offset + field.size - 1;
  block[at] = '\0';
  while (at > field.offset) {
    block[--at] = static_cast<char>('0' + (value & 7U));
    value >>= 3U;
  }
}

void put_checksum(TarBlock& block) noexcept {
  // Six digits, NUL, blank: the form that every tar writes.
  constexpr TarField digits{tar_fields::checksum.offset, tar_fields::checksum.size - 1};
  const auto sum = static_cast<std::uint64_t>(unsigned_sum(block));
  put_octal(block, digits, sum);
  block[digits.offset + digits.size] = ' ';
}

}  // namespace dray
