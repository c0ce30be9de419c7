#include <dray/ops/inspect.hpp>
#include <dray/ops/select.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string layers_table(const ops::ImageSummary& image, bool colour) {
  Table table({{"#", Table::Align::right},
               {"LAYER (as stored)"},
               {"DIFF ID (uncompressed)"},
               {"SIZE", Table::Align::right},
               {"KIND"},
               {"MADE BY"}});
  std::uint64_t sum = 0;
  std::size_t number = 0;
  for (const auto& row : image.layers) {
    sum += row.layer.size;
    table.add({std::to_string(++number), row.layer.digest.text(), row.diff_id ? row.diff_id->digest().text() : "",
               grouped(row.layer.size), layer_kind(row.layer.media_type),
               row.history ? shortened(step_text(row.history->created_by), 60) : ""});
  }
  return table.text(0, colour) + "\n" + counted(image.layers.size(), "layer") + ", " + grouped(sum) + " bytes (" +
         human_size(sum) + ")\n";
}

Json layers_json(const ops::ImageSummary& image) {
  Json json;
  json.set("digest", image.raw.descriptor.digest.text());
  Json::Array layers;
  std::uint64_t sum = 0;
  for (const auto& row : image.layers) {
    sum += row.layer.size;
    layers.push_back(layer_row_json(row));
  }
  json.set("layers", std::move(layers));
  json.set("layersSize", sum);
  return json;
}

Result<int> run_layers(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  ops::InspectOptions options;
  DRAY_TRY_ASSIGN(options.platform, Context::one_platform(input));
  options.sizes = false;
  options.config = !input.has("--quick");
  if (!options.platform) {
    DRAY_TRY_ASSIGN(const auto top, ops::fetch_manifest(*place.source, place.name, context.stop()));
    if (std::holds_alternative<Index>(top.parsed)) options.platform = Platform::host();
  }
  DRAY_TRY_ASSIGN(const auto found, ops::inspect(*place.source, place.name, options, context.stop()));
  const auto* image = std::get_if<ops::ImageSummary>(&found);
  if (image == nullptr) {
    return Error(ErrorCode::unsupported,
                 "'" + input.argument("IMAGE") + "' is no image manifest with layers and config");
  }
  View view;
  view.table = [&](bool colour) { return layers_table(*image, colour); };
  view.json = [&] { return layers_json(*image); };
  return context.output().show(view);
}

}  // namespace

Command layers_command() {
  return {.name = "layers",
          .group = "Look",
          .summary = "Layer digest, diff ID, size and history, side by side",
          .arguments = {image_argument},
          .options = {platform_option, {"--quick", "", "from the manifest alone: no diff IDs, no history"}},
          .examples = {{"dray layers redis:alpine", "which layer is which, and what made it"}},
          .details =
              "A layer's digest covers the bytes as stored, its diff ID the uncompressed tar: that is why what a\n"
              "registry shows and what docker shows differ.",
          .run = run_layers};
}

}  // namespace dray::cli
