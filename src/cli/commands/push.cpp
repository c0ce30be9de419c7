#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_push(Context& context, const Input& input) {
  DRAY_TRY(check_tag_options(input));
  DRAY_TRY_ASSIGN(const auto to, Address::parse(input.argument("IMAGE")));
  if (to.kind() != PlaceKind::registry) {
    return Error(ErrorCode::invalid_input, "push sends to a registry; for another place use `dray copy`");
  }
  const auto& source = input.argument("SOURCE");
  const bool folder = source.find(':') == std::string::npos && source.find('@') == std::string::npos;
  DRAY_TRY_ASSIGN(const auto from, Address::parse(folder ? "oci:" + source : source));
  if (from.kind() == PlaceKind::registry) {
    return Error(ErrorCode::invalid_input,
                 "push reads from disk: write 'oci:" + source +
                     "' for a layout and its tag, or use `dray copy` to read from a registry");
  }
  const auto from_text = folder ? "oci:" + source : source;
  const auto& to_text = input.argument("IMAGE");
  return input.has("--all-tags") ? transfer_tags(context, input, from_text, to_text)
                                 : transfer(context, input, from_text, to_text);
}

}  // namespace

Command push_command() {
  return {
      .name = "push",
      .group = "Move",
      .summary = "Send an image from disk to a registry",
      .arguments = {{"SOURCE", "a folder, or a place: oci:DIR[:TAG], docker-archive:FILE[:REF], …"},
                    {"IMAGE", "where to: REGISTRY/REPOSITORY[:TAG]"}},
      .options = {platforms_option, sparse_option, foreign_option, referrers_option, all_tags_option, include_option,
                  exclude_option, no_clobber_option, dry_run_option},
      .examples = {{"dray push oci:runtime:7.0 localhost:5000/runtime:7.0", "only blobs that are not there are sent"},
                   {"docker save app:1 | dray push docker-archive:- localhost:5000/app:1", "with no file between"}},
      .details = {},
      .run = run_push};
}

}  // namespace dray::cli
