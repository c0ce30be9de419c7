#pragma once

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>

namespace dray {

/// Removes the blobs, manifests and signatures that the image of a `dir:` folder does not need. Nothing goes where a
/// manifest cannot be read: what it needs is not known. Nobody may be writing into the folder.
[[nodiscard]] Result<void> sweep_directory(const Directory& root);

}  // namespace dray
