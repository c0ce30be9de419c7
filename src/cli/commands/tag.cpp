#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run(Context& context, const Input& input) {
  const auto& image = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto place, context.open_source(image));
  DRAY_TRY_ASSIGN(const auto raw, place.source->get_manifest(place.name, context.stop()));
  DRAY_TRY_ASSIGN(const auto sink, context.open_sink(image));
  const auto tags = input.all_arguments("TAG");
  for (const auto& tag : tags) DRAY_TRY(parse_tag(tag));
  for (const auto& tag : tags) DRAY_TRY(sink.sink->set_tag(tag, raw, context.stop()));
  DRAY_TRY(sink.sink->finish(context.stop()));
  View view;
  view.table = [&](bool) {
    std::string out;
    for (const auto& tag : tags) out += tag + "  " + raw.descriptor.digest.text() + "\n";
    return out;
  };
  view.json = [&] {
    auto json = descriptor_json(raw.descriptor);
    json.set("tags", texts(tags));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command tag_command() {
  return {.name = "tag",
          .group = "Change",
          .summary = "Give an image further tags in its own repository",
          .arguments = {image_argument, {"TAG", "a new tag", true, true}},
          .options = {},
          .examples = {{"dray tag localhost:5000/app:1.4.2 1.4 1 latest", "only manifests move, no layers"}},
          .details = {},
          .run = run};
}

}  // namespace dray::cli
