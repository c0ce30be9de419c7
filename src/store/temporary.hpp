#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <stop_token>
#include <string>

namespace dray {

/// The folder of a layout where what is not published yet lies; ours alone, and gone while nobody writes.
inline constexpr const char* temporary_folder = ".dray-tmp";

/// Opens or makes `name` in the temporary folder, which is made when it is absent (mode 0700), and takes an exclusive
/// lock on it. Waits while another thread or process has the lock. When it returns, the name stands for the locked
/// file. Errors: `cancelled` when `stop` ended the wait.
[[nodiscard]] Result<FileDescriptor> lock_temporary(const Directory& root, const std::string& name, Clock& clock,
                                                    const std::stop_token& stop);

}  // namespace dray
