#pragma once

#include <dray/base/file.hpp>
#include <string>

namespace dray {

/// Moves a file inside a folder to a name that nothing has yet: what is there, a link too, stays and is `conflict`.
/// Where the file system cannot do both at once, it is looked first. Syncs nothing.
[[nodiscard]] Result<void> move_to_new(const Directory& directory, const std::string& from, const std::string& to);

}  // namespace dray
