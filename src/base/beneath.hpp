#pragma once

#include <sys/types.h>

#include <dray/base/file.hpp>
#include <string>
#include <string_view>

// How Directory reaches what is inside: paths that cannot leave the folder.

namespace dray::beneath {

/// Refuses a name that could climb out or stand for two things. Errors: `invalid_input`.
[[nodiscard]] Result<void> check_name(const Directory& directory, std::string_view name);

/// Opens `name` below `directory` without following any link.
[[nodiscard]] Result<FileDescriptor> open(const Directory& directory, const std::string& name, int flags,
                                          mode_t mode = 0);

/// Where a name's last component is: a folder's descriptor and a name without `/`.
struct Place {
  FileDescriptor opened;  ///< Empty when the folder is the Directory's own.
  int folder = -1;
  std::string last;
};
[[nodiscard]] Result<Place> locate(const Directory& directory, const std::string& name);

/// `cannot <verb> <directory>/<name>`, for messages.
[[nodiscard]] std::string attempt(std::string_view verb, const Directory& directory, std::string_view name);

/// The error of a failed call on a name: as `errno_error`, and `invalid_input` for a link or a file on the way.
[[nodiscard]] Error name_error(const std::string& attempted, int error_number);

}  // namespace dray::beneath
