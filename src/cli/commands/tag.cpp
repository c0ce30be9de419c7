#include <dray/ops/tag.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

bool moved(const ops::SetTag& set, const Digest& image) { return set.was && *set.was != image; }

std::string report_table(const ops::TagImageReport& report) {
  const auto& digest = report.image.digest;
  std::string out;
  for (const auto& set : report.tags) {
    out += set.tag + "  " + digest.text() + (moved(set, digest) ? "  was " + set.was->text() : "") + "\n";
  }
  return out;
}

Json report_json(const ops::TagImageReport& report) {
  Json::Array tags;
  Json::Array from_elsewhere;
  for (const auto& set : report.tags) {
    tags.emplace_back(set.tag);
    if (!moved(set, report.image.digest)) continue;
    Json entry;
    entry.set("tag", set.tag);
    entry.set("from", set.was->text());
    from_elsewhere.push_back(std::move(entry));
  }
  auto json = descriptor_json(report.image);
  json.set("tags", std::move(tags));
  json.set("moved", std::move(from_elsewhere));
  return json;
}

Result<int> run_tag(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_store(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto report,
                  ops::tag_image(*place.store, place.name, input.all_arguments("TAG"), context.stop()));
  DRAY_TRY(place.store->finish(context.stop()));
  View view;
  view.table = [&](bool) { return report_table(report); };
  view.json = [&] { return report_json(report); };
  return context.output().show(view);
}

}  // namespace

Command tag_command() {
  return {
      .name = "tag",
      .group = "Change",
      .summary = "Give an image further tags in its own repository",
      .arguments = {image_argument, {"TAG", "a tag to set; one that points elsewhere is moved", true, true}},
      .options = {},
      .examples = {{"dray tag localhost:5000/app:1.4.2 1.4 1 latest", "only manifests move, no layers"},
                   {"dray tag localhost:5000/app@sha256:9455ca49… stable", "an image that has no tag, or any other"},
                   {"dray tag oci:app:1.4.2 latest", "the same in a layout"}},
      .details =
          "The registry itself is asked, also where it has mirrors. `dray copy` brings an image to another\n"
          "repository.",
      .run = run_tag};
}

}  // namespace dray::cli
