#pragma once

#include <dray/ops/image_files.hpp>

#include "context.hpp"

namespace dray::cli {

/// An image's files, and the place that they are read from.
struct OpenedImageFiles {
  std::shared_ptr<ContentSource> source;
  ops::ImageFiles files;
};

/// Reads the files of the IMAGE argument, for `--platform`.
[[nodiscard]] Result<OpenedImageFiles> open_image_files(Context& context, const Input& input);

}  // namespace dray::cli
