#include <fmt/format.h>
#include <unistd.h>

#include <dray/ops/image_files.hpp>

#include "../context.hpp"
#include "../file_output.hpp"
#include "../image_files.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_export(Context& context, const Input& input) {
  const auto file = input.optional_argument("FILE").value_or("-");
  if (file == "-" && ::isatty(STDOUT_FILENO) == 1) {
    return Error(ErrorCode::invalid_input,
                 "the archive goes to standard output, which is a terminal: name a file, or send it into a pipe");
  }
  DRAY_TRY_ASSIGN(const auto opened, open_image_files(context, input));
  if (file == "-") {
    StdoutSink sink;
    DRAY_TRY(opened.files.write_tar(sink, context.stop()));
    return 0;
  }
  DRAY_TRY_ASSIGN(auto sink, FileOutput::open(file));
  DRAY_TRY(opened.files.write_tar(sink, context.stop()));
  DRAY_TRY(sink.commit());
  return 0;
}

}  // namespace

Command export_command() {
  return {.name = "export",
          .group = "Files",
          .summary = "Write an image's files as one tar",
          .arguments = {image_argument, {"FILE", "left out or -: standard output", false}},
          .options = {platform_option},
          .examples = {{"dray export alpine | tar -xP -C rootfs", "what `docker export` gives of a container"},
                       {"dray export oci:app:1 app.tar", "the file is there whole or not at all"}},
          .details =
              "All layers laid over one another, without whiteouts; the same bytes each time. Folders stand\n"
              "behind what they hold, so that every tar leaves them with their times.",
          .run = run_export};
}

}  // namespace dray::cli
