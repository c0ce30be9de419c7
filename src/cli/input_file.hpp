#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <dray/base/stream.hpp>
#include <memory>
#include <string>

namespace dray::cli {

/// All of a file that a person named, or of standard input for `-`; at most `limit` bytes.
[[nodiscard]] Result<std::string> read_input(const std::string& file, std::uint64_t limit);

/// The bytes of a file that a person named.
struct InputFile {
  std::unique_ptr<ByteSource> bytes;
  std::uint64_t size = 0;
};
[[nodiscard]] Result<InputFile> open_input(const std::string& file);
/// A part of them; `size` is that of the whole file.
[[nodiscard]] Result<InputFile> open_input(const std::string& file, const ByteRange& range);

}  // namespace dray::cli
