#pragma once

#include <array>
#include <cstdint>
#include <dray/format/tar.hpp>
#include <optional>
#include <string_view>

namespace dray {

inline constexpr std::size_t tar_block_bytes = 512;
using TarBlock = std::array<char, tar_block_bytes>;

/// Where a field lies in a header block.
struct TarField {
  std::size_t offset;
  std::size_t size;
};

/// The ustar header. Source: POSIX.1-2017, pax, "ustar Interchange Format".
namespace tar_fields {
inline constexpr TarField name{0, 100};
inline constexpr TarField mode{100, 8};
inline constexpr TarField uid{108, 8};
inline constexpr TarField gid{116, 8};
inline constexpr TarField size{124, 12};
inline constexpr TarField mtime{136, 12};
inline constexpr TarField checksum{148, 8};
inline constexpr TarField type{156, 1};
inline constexpr TarField link_name{157, 100};
inline constexpr TarField magic{257, 6};
inline constexpr TarField version{263, 2};
inline constexpr TarField user{265, 32};
inline constexpr TarField group{297, 32};
inline constexpr TarField device_major{329, 8};
inline constexpr TarField device_minor{337, 8};
inline constexpr TarField prefix{345, 155};
/// Where star signs its own headers, whose prefix is shorter.
inline constexpr TarField star_magic{508, 4};
}  // namespace tar_fields

/// The type byte of a header.
namespace tar_types {
inline constexpr char old_file = '\0';
inline constexpr char file = '0';
inline constexpr char hard_link = '1';
inline constexpr char symlink = '2';
inline constexpr char character_device = '3';
inline constexpr char block_device = '4';
inline constexpr char directory = '5';
inline constexpr char fifo = '6';
inline constexpr char contiguous_file = '7';
inline constexpr char pax = 'x';
inline constexpr char pax_global = 'g';
inline constexpr char gnu_long_name = 'L';
inline constexpr char gnu_long_link = 'K';
inline constexpr char gnu_sparse = 'S';
}  // namespace tar_types

enum class TarDialect : std::uint8_t { v7, ustar, gnu };

[[nodiscard]] std::string_view raw_field(const TarBlock& block, TarField field) noexcept;
/// A field's bytes before its first NUL.
[[nodiscard]] std::string_view text_field(const TarBlock& block, TarField field) noexcept;
/// Octal digits between blanks and up to blanks or NULs, or GNU's base-256 form. A field that begins with NUL is 0.
/// nullopt for anything else, and for what 63 bits and a sign do not hold.
[[nodiscard]] std::optional<std::int64_t> number_field(const TarBlock& block, TarField field) noexcept;

/// Whether the checksum is the sum of the header's bytes, be they summed with or without signs: both were written.
[[nodiscard]] bool checksum_holds(const TarBlock& block) noexcept;
[[nodiscard]] bool is_zero(const TarBlock& block) noexcept;
/// nullopt for a header of no dialect that we know.
[[nodiscard]] std::optional<TarDialect> dialect_of(const TarBlock& block) noexcept;

/// `text` must fit; it is not ended by NUL where it fills the field.
void put_text(TarBlock& block, TarField field, std::string_view text) noexcept;
/// The largest number that the field holds in octal, ended by a NUL.
[[nodiscard]] std::uint64_t largest_octal(TarField field) noexcept;
/// `value` must be at most `largest_octal`.
void put_octal(TarBlock& block, TarField field, std::uint64_t value) noexcept;
void put_checksum(TarBlock& block) noexcept;

/// Bytes that follow `size` bytes of data up to the next block.
[[nodiscard]] constexpr std::uint64_t tar_padding(std::uint64_t size) noexcept {
  return (tar_block_bytes - size % tar_block_bytes) % tar_block_bytes;
}

}  // namespace dray
