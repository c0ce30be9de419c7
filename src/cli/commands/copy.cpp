#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run(Context& context, const Input& input) {
  return transfer(context, input, input.argument("SRC"), input.argument("DST"));
}

}  // namespace

Command copy_command() {
  return {
      .name = "copy",
      .group = "Move",
      .summary = "From any place to any place, digests kept",
      .arguments = {{"SRC", "an image"}, {"DST", "where to"}},
      .options = {platforms_option, sparse_option, dry_run_option},
      .examples = {{"dray copy alpine:3.13 localhost:5000/alpine:3.13", "all platforms; nothing touches the disk"},
                   {"dray copy localhost:5000/a:1 localhost:5000/b:1", "inside one registry: blobs are mounted"}},
      .details =
          "Without --platform a whole index is copied and its digest stays. One --platform copies that image\n"
          "alone; several make a new index of them. With --sparse the index stays as it is, so that its digest holds,\n"
          "and only the chosen images are there; registries may refuse such an index (docs/copy.md).",
      .run = run};
}

}  // namespace dray::cli
