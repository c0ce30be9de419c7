#include <algorithm>
#include <dray/ops/inspect.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string size_text(std::uint64_t bytes) { return grouped(bytes) + " bytes (" + human_size(bytes) + ")"; }

std::string layers_table(const std::vector<ops::LayerRow>& rows, bool colour) {
  Table table({{"LAYER"}, {"SIZE", Table::Align::right}, {"KIND"}, {"MADE BY"}});
  for (const auto& row : rows) {
    table.add({row.layer.digest.text(), grouped(row.layer.size), layer_kind(row.layer.media_type),
               row.history ? shortened(step_text(row.history->created_by), 60) : ""});
  }
  return table.text(2, colour);
}

// ---- an image -------------------------------------------------------------------------------------------------

std::string image_table(const std::string& name, const ops::ImageSummary& image, bool colour) {
  Facts facts;
  facts.add("Name", name);
  facts.add("Digest", image.raw.descriptor.digest.text());
  facts.add("Type", manifest_kind(image.raw.descriptor.media_type));
  if (image.manifest.artifact_type) facts.add("Artifact", image.manifest.artifact_type->text());
  if (image.config && !image.config->platform.os.empty()) facts.add("Platform", image.config->platform.text());
  facts.add("Config", image.manifest.config.digest.text() + " (" + grouped(image.manifest.config.size) + " bytes)");
  if (image.config) {
    facts.add("Created", image.config->created);
    facts.add("Entry point", joined(image.config->entrypoint));
    facts.add("Command", joined(image.config->cmd));
    facts.add("User", image.config->user);
    facts.add("Folder", image.config->working_dir);
    facts.add("Ports", joined(image.config->exposed_ports));
    for (const auto& [key, value] : image.config->labels) facts.add("Label " + key, value);
  }
  std::uint64_t layer_bytes = 0;
  for (const auto& row : image.layers) layer_bytes += row.layer.size;
  facts.add("Layers", std::to_string(image.layers.size()) + ", " + size_text(layer_bytes));
  facts.add("Total", size_text(image.total_size));
  return facts.text(colour) + "\n" + layers_table(image.layers, colour);
}

Json config_facts_json(const ImageConfig& config) {
  Json json;
  json.set("created", text_or_null(config.created));
  json.set("author", text_or_null(config.author));
  json.set("entrypoint", texts(config.entrypoint));
  json.set("cmd", texts(config.cmd));
  json.set("env", texts(config.env));
  json.set("user", text_or_null(config.user));
  json.set("workingDir", text_or_null(config.working_dir));
  json.set("exposedPorts", texts(config.exposed_ports));
  json.set("volumes", texts(config.volumes));
  json.set("labels", text_map(config.labels));
  return json;
}

Json image_json(const std::string& name, const ops::ImageSummary& image) {
  Json json;
  json.set("name", name);
  json.set("kind", "image");
  json.set("digest", image.raw.descriptor.digest.text());
  json.set("mediaType", image.raw.descriptor.media_type.text());
  json.set("size", image.raw.descriptor.size);
  json.set("platform", image.config ? platform_json(image.config->platform) : Json());
  json.set("config", descriptor_json(image.manifest.config));
  std::uint64_t layer_bytes = 0;
  Json::Array layers;
  for (const auto& row : image.layers) {
    layer_bytes += row.layer.size;
    layers.push_back(layer_row_json(row));
  }
  json.set("layers", std::move(layers));
  json.set("layersSize", layer_bytes);
  json.set("totalSize", image.total_size);
  json.set("annotations", text_map(image.manifest.annotations));
  json.set("image", image.config ? config_facts_json(*image.config) : Json());
  return json;
}

// ---- an index -------------------------------------------------------------------------------------------------

std::string index_table(const std::string& name, const ops::IndexSummary& index, bool colour) {
  Facts facts;
  facts.add("Name", name);
  facts.add("Digest", index.raw.descriptor.digest.text());
  facts.add("Type", manifest_kind(index.raw.descriptor.media_type));
  std::size_t attestations = 0;
  // A dash is for a member that is not there, between others that are; with no sizes at all the column goes.
  const bool sizes = std::ranges::any_of(index.entries, [](const auto& entry) { return entry.size.has_value(); });
  Table table({{"PLATFORM"}, {"OS VERSION"}, {"DIGEST"}, {"SIZE", Table::Align::right}});
  for (const auto& entry : index.entries) {
    if (entry.attestation) {
      ++attestations;
      continue;
    }
    auto platform = entry.descriptor.platform.value_or(Platform{});
    const auto version = std::exchange(platform.os_version, {});
    table.add({entry.descriptor.platform ? platform.text() : "-", version, entry.descriptor.digest.text(),
               entry.size ? grouped(*entry.size) : std::string(sizes ? "-" : "")});
  }
  facts.add("Platforms", std::to_string(index.entries.size() - attestations));
  if (attestations > 0) facts.add("Attestations", std::to_string(attestations));
  if (index.unique_size) {
    facts.add("Total", size_text(*index.unique_size) + ", shared layers counted once");
    if (index.sum_size) facts.add("Sum", size_text(*index.sum_size) + " of the platforms one by one");
  }
  return facts.text(colour) + "\n" + table.text(2, colour);
}

Json index_json(const std::string& name, const ops::IndexSummary& index) {
  Json json;
  json.set("name", name);
  json.set("kind", "index");
  json.set("digest", index.raw.descriptor.digest.text());
  json.set("mediaType", index.raw.descriptor.media_type.text());
  json.set("size", index.raw.descriptor.size);
  Json::Array manifests;
  for (const auto& entry : index.entries) {
    auto member = descriptor_json(entry.descriptor);
    member.set("attestation", entry.attestation);
    member.set("totalSize", entry.size ? Json(*entry.size) : Json());
    manifests.push_back(std::move(member));
  }
  json.set("manifests", std::move(manifests));
  json.set("sumSize", index.sum_size ? Json(*index.sum_size) : Json());
  json.set("uniqueSize", index.unique_size ? Json(*index.unique_size) : Json());
  json.set("annotations", text_map(index.index.annotations));
  return json;
}

// ---- schema 1 -------------------------------------------------------------------------------------------------

std::string schema1_table(const std::string& name, const ops::Schema1Summary& old, bool colour) {
  Facts facts;
  facts.add("Name", name);
  facts.add("Digest", old.raw.descriptor.digest.text());
  facts.add("Type", manifest_kind(old.raw.descriptor.media_type));
  facts.add("Inside", old.manifest.name + ":" + old.manifest.tag + ", " + old.manifest.architecture);
  Table table({{"LAYER (base first)"}});
  for (const auto& layer : old.manifest.layers) table.add({layer.text()});
  return facts.text(colour) + "\n" + table.text(2, colour);
}

Json schema1_json(const std::string& name, const ops::Schema1Summary& old) {
  Json json;
  json.set("name", name);
  json.set("kind", "schema1");
  json.set("digest", old.raw.descriptor.digest.text());
  json.set("mediaType", old.raw.descriptor.media_type.text());
  json.set("size", old.raw.descriptor.size);
  json.set("architecture", old.manifest.architecture);
  Json::Array layers;
  for (const auto& layer : old.manifest.layers) layers.emplace_back(layer.text());
  json.set("layers", std::move(layers));
  return json;
}

struct Rendering {
  const std::string& name;
  bool colour = false;
  std::string operator()(const ops::ImageSummary& image) const { return image_table(name, image, colour); }
  std::string operator()(const ops::IndexSummary& index) const { return index_table(name, index, colour); }
  std::string operator()(const ops::Schema1Summary& old) const { return schema1_table(name, old, colour); }
};

struct AsJson {
  const std::string& name;
  Json operator()(const ops::ImageSummary& image) const { return image_json(name, image); }
  Json operator()(const ops::IndexSummary& index) const { return index_json(name, index); }
  Json operator()(const ops::Schema1Summary& old) const { return schema1_json(name, old); }
};

Result<int> run_inspect(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  ops::InspectOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  options.sizes = !input.has("--quick") && !context.output().wants_raw();
  options.config = !input.has("--quick") && !context.output().wants_raw();
  DRAY_TRY_ASSIGN(const auto found, ops::inspect(*place.source, place.name, options, context.stop()));
  const auto& name = input.argument("IMAGE");
  View view;
  view.table = [&](bool colour) { return std::visit(Rendering{name, colour}, found); };
  view.json = [&] { return std::visit(AsJson{name}, found); };
  view.raw = std::visit([](const auto& summary) { return summary.raw.bytes; }, found);
  return context.output().show(view);
}

}  // namespace

Command inspect_command() {
  return {.name = "inspect",
          .group = "Look",
          .summary = "What is it: platforms, digests, sizes, layers, config",
          .arguments = {image_argument},
          .options = {platform_option, {"--quick", "", "one request: no config, no sizes below an index"}},
          .examples = {{"dray inspect mcr.microsoft.com/dotnet/runtime:7.0", "every platform, its digest and size"},
                       {"dray inspect alpine --platform linux/arm64 --jq .layers[].digest", "one image's layers"}},
          .details =
              "Of an index: every platform with OS version, digest and size, and the sum with shared layers\n"
              "counted once. Of an image: config, layers, total, created, entry point, labels.\n"
              "--format raw prints the manifest's bytes as the registry keeps them.",
          .run = run_inspect};
}

}  // namespace dray::cli
