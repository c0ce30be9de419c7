#pragma once

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <stop_token>
#include <string>

namespace dray {

/// Opens an archive so that it can be read at any offset. `-` is standard input. A pipe, and a file compressed with
/// gzip or zstd, is first read to its end into a file without a name in the system's temporary folder (`TMPDIR`).
/// Errors: `not_found`; `invalid_input` for a folder; `unsupported` for other compressions; `no_space`.
[[nodiscard]] Result<FileDescriptor> open_archive_input(const std::string& path, const std::stop_token& stop);

}  // namespace dray
