#include <dray/ops/pull_artifact.hpp>

#include "../artifact_input.hpp"
#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

/// As oras calls what nobody gave a type.
constexpr std::string_view unknown_artifact = "application/vnd.unknown.artifact.v1";

// ---- push -----------------------------------------------------------------------------------------------------

Result<int> push(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(auto artifact, artifact_input(input));
  auto& options = artifact.options;
  if (!options.artifact_type && !options.config) options.artifact_type = MediaType::of(unknown_artifact);
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  const auto& image = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto tag, context.tag_for_new(image));
  const auto open_sink = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened, context.open_sink_for_new(image));
    return std::move(opened.sink);
  };
  const auto report = ops::push_artifact(artifact.files, open_sink, tag, options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  View view;
  view.table = [&](bool) { return report->copied.copied.digest.text() + "\n"; };
  view.json = [&] { return artifact_json(*report); };
  return context.output().show(view);
}

// ---- pull -----------------------------------------------------------------------------------------------------

std::string pulled_table(const ops::PullArtifactReport& report, bool colour) {
  Table table({{"FILE"}, {"SIZE", Table::Align::right}, {"DIGEST"}, {""}});
  for (const auto& file : report.files) {
    table.add({file.title.text(), grouped(file.blob.size), file.blob.digest.text(), file.written ? "" : "was there"});
  }
  auto text = table.text(0, colour);
  if (!report.untitled.empty()) {
    text += counted(report.untitled.size(), "layer") + " without a title left out\n";
  }
  return text;
}

Json pulled_json(const ops::PullArtifactReport& report, const std::string& directory) {
  auto json = descriptor_json(report.artifact);
  json.set("artifactType", report.artifact_type.text());
  json.set("directory", directory);
  Json::Array files;
  for (const auto& file : report.files) {
    auto one = descriptor_json(file.blob);
    one.set("title", file.title.text());
    one.set("written", file.written);
    files.push_back(std::move(one));
  }
  json.set("files", std::move(files));
  Json::Array untitled;
  for (const auto& layer : report.untitled) untitled.push_back(descriptor_json(layer));
  json.set("untitled", std::move(untitled));
  json.set("bytesTransferred", report.bytes_transferred);
  return json;
}

Result<int> pull(Context& context, const Input& input) {
  ops::PullArtifactOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  options.force = input.has("--force");
  const auto directory = input.optional_argument("DIR").value_or(".");
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  const auto report = ops::pull_artifact(
      *place.source, place.name, [&] { return FileFolder::create(directory); }, options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  View view;
  view.table = [&](bool colour) { return pulled_table(*report, colour); };
  view.json = [&] { return pulled_json(*report, directory); };
  return context.output().show(view);
}

}  // namespace

std::vector<Command> artifact_commands() {
  return {
      {.name = "artifact push",
       .group = "Artifacts",
       .summary = "Put files into a registry or layout, as they are",
       .arguments = {{"IMAGE", "what to write: a reference or oci:DIR:TAG"}, artifact_file_argument},
       .options = {artifact_type_option, artifact_annotation_option, artifact_config_option},
       .examples = {{"dray artifact push localhost:5000/models/tiny:1 model.gguf README.md:text/markdown",
                     "two files, each under its name"},
                    {"dray artifact push localhost:5000/chart:1 chart.tgz:application/gzip --config "
                     "Chart.json:application/vnd.cncf.helm.config.v1+json",
                     "with a config of its own"}},
       .details = "A file's title is its path as typed, or its name alone where the path leads out of the working\n"
                  "directory; oras and regctl read it too. The same files give the same digest: no time is written.\n"
                  "Without --artifact-type it is the config's type, else the TYPE that all files share, else\n"
                  "application/vnd.unknown.artifact.v1. See docs/artifacts.md.",
       .run = push},
      {.name = "artifact pull",
       .group = "Artifacts",
       .summary = "Write an artifact's files under their names, verified",
       .arguments = {image_argument, {"DIR", "where to; made when it is absent; left out: here", false}},
       .options = {{"--force", "", "replace files that are there with other bytes"}, platform_option},
       .examples = {{"dray artifact pull localhost:5000/models/tiny:1 models", "goes on where it was cut"},
                    {"dray artifact pull localhost:5000/app@sha256:9455ca49… .", "what was attached to an image"}},
       .details =
           "All files are fetched and verified before the first gets its name. A file that is there with the same\n"
           "bytes is left as it is, one with other bytes is an error before anything is fetched. Titles that lead\n"
           "out of DIR are refused, and links in it are not followed. Layers without a title are left out.",
       .run = pull}};
}

}  // namespace dray::cli
