#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_copy(Context& context, const Input& input) {
  DRAY_TRY(check_tag_options(input));
  const auto& from = input.argument("SRC");
  const auto& to = input.argument("DST");
  return input.has("--all-tags") ? transfer_tags(context, input, from, to) : transfer(context, input, from, to);
}

}  // namespace

Command copy_command() {
  return {
      .name = "copy",
      .group = "Move",
      .summary = "From any place to any place, digests kept",
      .arguments = {{"SRC", "an image; with --all-tags a repository or place"}, {"DST", "where to"}},
      .options = {platforms_option, sparse_option, foreign_option, referrers_option, all_tags_option, include_option,
                  exclude_option, no_clobber_option, dry_run_option},
      .examples = {{"dray copy alpine:3.13 localhost:5000/alpine:3.13", "all platforms; nothing touches the disk"},
                   {"dray copy localhost:5000/a:1 localhost:5000/b:1", "inside one registry: blobs are mounted"},
                   {"dray copy alpine:3.13 docker-archive:- | docker load", "into docker, with no file between"},
                   {"dray copy --all-tags --exclude '.*-rc.*' alpine localhost:5000/alpine", "a repository"}},
      .details =
          "Without --platform a whole index is copied and its digest stays. One --platform copies that image\n"
          "alone; several make a new index of them. With --sparse the index stays as it is, so that its digest holds,\n"
          "and only the chosen images are there; registries may refuse such an index (docs/copy.md).",
      .run = run_copy};
}

}  // namespace dray::cli
