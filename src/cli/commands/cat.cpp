#include <dray/ops/image_files.hpp>

#include "../context.hpp"
#include "../image_files.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_cat(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto opened, open_image_files(context, input));
  StdoutSink sink;
  for (const auto& path : input.all_arguments("PATH")) {
    DRAY_TRY(opened.files.read_file(path, sink, context.stop()));
  }
  return 0;
}

}  // namespace

Command cat_command() {
  return {.name = "cat",
          .group = "Files",
          .summary = "Print files of an image",
          .arguments = {image_argument, {"PATH", "a file in the image; links are followed inside of it", true, true}},
          .options = {platform_option},
          .examples = {{"dray cat alpine /etc/os-release", "without unpacking anything"}},
          .details = {},
          .run = run_cat};
}

}  // namespace dray::cli
