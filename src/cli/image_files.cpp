#include "image_files.hpp"

#include <utility>

namespace dray::cli {

Result<OpenedImageFiles> open_image_files(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto copy, context.copy_options(input));
  ops::ImageFilesOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  options.observer = copy.observer;
  DRAY_TRY_ASSIGN(auto files, ops::ImageFiles::read(*place.source, place.name, options, context.stop()));
  return OpenedImageFiles{place.source, std::move(files)};
}

}  // namespace dray::cli
