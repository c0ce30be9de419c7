#pragma once

#include <dray/base/clock.hpp>
#include <dray/base/file.hpp>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace dray {

/// The folder of a layout where what is not published yet lies; ours alone, and gone while nobody writes.
inline constexpr const char* temporary_folder = ".dray-tmp";
[[nodiscard]] inline std::string in_temporary_folder(const std::string& name) {
  return std::string(temporary_folder) + "/" + name;
}

/// Opens or makes `name` in the temporary folder, which is made when it is absent (mode 0700), and takes an exclusive
/// lock on it. Waits while another thread or process has the lock. When it returns, the name stands for the locked
/// file. Errors: `cancelled` when `stop` ended the wait.
[[nodiscard]] Result<FileDescriptor> lock_temporary(const Directory& root, const std::string& name, Clock& clock,
                                                    const std::stop_token& stop);

/// The same, for a lock that others may share.
[[nodiscard]] Result<FileDescriptor> share_temporary(const Directory& root, const std::string& name, Clock& clock,
                                                     const std::stop_token& stop);

/// Refuses a folder that somebody uses for something else: it lacks `own_file` and holds other things. `kind` is for
/// the message. Errors: `invalid_input`.
[[nodiscard]] Result<void> check_not_foreign(const Directory& root, const std::string& own_file, std::string_view kind);

/// Replaces a file of the root as a whole. A place has one lock under which it does so; what a killed process left of a
/// replacement is written over by the next one. `before_rename` is called when nothing but the rename can fail.
[[nodiscard]] Result<void> replace_file(
    const Directory& root, const std::string& name, std::string_view text,
    const std::function<Result<void>()>& before_rename = [] { return Result<void>(); });

}  // namespace dray
