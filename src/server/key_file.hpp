#pragma once

#include <cstddef>
#include <dray/base/result.hpp>
#include <filesystem>
#include <string>

namespace dray::server {

/// The bytes of a key's file without line ends at its end. Errors: `invalid_input` for a key that is shorter than
/// `least` bytes, `limit_exceeded` for a file larger than `max_key_file_bytes`. The key is never in a message.
[[nodiscard]] Result<std::string> read_key_file(const std::filesystem::path& file, std::size_t least);

}  // namespace dray::server
