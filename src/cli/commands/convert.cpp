#include <dray/ops/convert.hpp>

#include "../convert_view.hpp"
#include "../transfer.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<ops::ImageTypes> types_of(const Input& input) {
  const auto word = input.option("--to");
  if (!word) return Error(ErrorCode::invalid_input, "say what to make of it: --to oci or --to docker");
  if (*word == "oci") return ops::ImageTypes::oci;
  if (*word == "docker") return ops::ImageTypes::docker;
  return Error(ErrorCode::invalid_input, "--to takes oci or docker, not '" + *word + "'");
}

Result<int> run(Context& context, const Input& input) {
  const auto& to = input.argument("DST");
  DRAY_TRY_ASSIGN(const auto place, Address::parse(to));
  ops::ConvertOptions options;
  DRAY_TRY_ASSIGN(options.to, types_of(input));
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  DRAY_TRY_ASSIGN(auto source, context.open_source(input.argument("SRC")));
  options.copy.expected = place.digest();
  const bool dry_run = options.copy.dry_run;
  const auto open_destination = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened, dry_run ? context.open_sink_to_plan(to) : context.open_sink(to));
    return std::move(opened.sink);
  };
  const auto report =
      ops::convert(*source.source, source.name, open_destination, tag_at(place), options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  return show_converted(context, *report, {.origin = "Made of", .place = place, .dry_run = dry_run});
}

}  // namespace

Command convert_command() {
  return {
      .name = "convert",
      .group = "Change",
      .summary = "Between Docker's and OCI's media types",
      .arguments = {{"SRC", "an image, or an index of images"}, {"DST", "where to"}},
      .options = {{"--to", "oci|docker", "the family of media types to write"},
                  platforms_option,
                  foreign_option,
                  dry_run_option},
      .examples = {{"dray convert alpine:3.20 localhost:5000/alpine:3.20 --to docker",
                    "for a tool that knows Docker's types alone; all platforms"},
                   {"dray convert localhost:5000/app:1 oci:app:1 --to oci --platform linux/arm64", "one image"},
                   {"dray convert oci:app:1 oci:app:2 --to docker --format json --jq '.nodes[] | [.before.digest, "
                    ".after.digest]'",
                    "the digest of each part, before and after"}},
      .details =
          "Manifests are edited where they stand: the way back gives the first digest, as long as the image says\n"
          "nothing that the other family has no words for. Such things are dropped, and a warning names each. Layers\n"
          "and configs stay as they are, so that the image ID stays too. Digests of manifests change, so signatures "
          "of\n"
          "the old digest do not hold (docs/convert.md).",
      .run = run};
}

}  // namespace dray::cli
