#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <optional>
#include <string>
#include <string_view>

// A tar entry as the archives that are written here have it: what stands before and behind a file's bytes.

namespace dray {

inline constexpr std::uint64_t archive_block_bytes = 512;
inline constexpr std::uint32_t archive_file_mode = 0644;

/// The headers of a file, as they are written.
[[nodiscard]] Result<std::string> archive_header(const std::string& path, std::uint64_t size);
/// A file's size with the zeros behind it.
[[nodiscard]] constexpr std::uint64_t padded(std::uint64_t size) {
  return (size + archive_block_bytes - 1) / archive_block_bytes * archive_block_bytes;
}
/// The blob that a file is named by, if it is one: `blobs/<algorithm>/<hex>`.
[[nodiscard]] std::optional<Digest> blob_at(std::string_view path);

}  // namespace dray
