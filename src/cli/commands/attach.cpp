#include <dray/ops/select.hpp>

#include "../artifact_input.hpp"
#include "../context.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

/// What the place says of it besides, such as its tag, is no part of what it is.
Descriptor bare(const Descriptor& found) { return {found.media_type, found.digest, found.size}; }

Result<Descriptor> subject_of(Context& context, const OpenedStore& place, const std::optional<Platform>& platform) {
  if (platform) {
    DRAY_TRY_ASSIGN(const auto image, ops::select_image(*place.store, place.name, platform, context.stop()));
    return bare(image.raw.descriptor);
  }
  DRAY_TRY_ASSIGN(const auto raw, place.store->get_manifest(place.name, context.stop()));
  return bare(raw.descriptor);
}

Result<int> run_attach(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(auto artifact, artifact_input(input));
  auto& options = artifact.options;
  if (!options.artifact_type && !options.config) {
    return Error(ErrorCode::invalid_input,
                 "say what is attached: --artifact-type TYPE, or FILE:TYPE with one type for all files");
  }
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  options.copy.platforms.clear();  // it chose the subject, and nothing of what is sent
  DRAY_TRY_ASSIGN(const auto place, context.open_store(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(options.subject, subject_of(context, place, platform));
  const auto open_sink = [&]() -> Result<std::shared_ptr<ContentSink>> { return place.store; };
  const auto report = ops::push_artifact(artifact.files, open_sink, std::nullopt, options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  View view;
  view.table = [&](bool) { return report->copied.copied.digest.text() + "\n"; };
  view.json = [&] { return artifact_json(*report); };
  return context.output().show(view);
}

}  // namespace

Command attach_command() {
  return {.name = "attach",
          .group = "Artifacts",
          .summary = "Attach files to an image: a bill of materials, a signature, a report",
          .arguments = {image_argument, artifact_file_argument},
          .options = {artifact_type_option, artifact_annotation_option, artifact_config_option, platform_option},
          .examples = {{"dray attach localhost:5000/app:1 sbom.json:application/spdx+json",
                        "the type says what it is, for the file and for the artifact"},
                       {"dray attach localhost:5000/app:1 --platform linux/arm64 scan.txt --artifact-type "
                        "application/vnd.example.scan",
                        "to one image of an index"}},
          .details =
              "The image stays as it is, digest and all: a manifest of its own names it as its `subject`. `dray\n"
              "referrers` lists what is attached; a registry without the API for that gets the list under the tag\n"
              "sha256-<hex>. The registry itself is asked, also where it has mirrors.",
          .run = run_attach};
}

}  // namespace dray::cli
