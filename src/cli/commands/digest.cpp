#include <dray/ops/select.hpp>
#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<Descriptor> find(Context& context, const Input& input, const OpenedSource& place) {
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  if (!platform) return place.source->resolve(place.name, context.stop());
  DRAY_TRY_ASSIGN(const auto image, ops::select_image(*place.source, place.name, platform, context.stop()));
  return image.raw.descriptor;
}

Result<int> run_digest(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto found, find(context, input, place));
  View view;
  view.table = [&](bool) { return found.digest.text() + "\n"; };
  view.json = [&] { return descriptor_json(found); };
  return context.output().show(view);
}

}  // namespace

Command digest_command() {
  return {.name = "digest",
          .group = "Look",
          .summary = "The digest that a tag stands for, by HEAD alone",
          .arguments = {image_argument},
          .options = {platform_option},
          .examples = {{"dray digest alpine:3.13", "one line, one request without a body: free of pull limits"}},
          .details = "With --platform an index has to be read, and the digest is that of the platform's manifest.",
          .run = run_digest};
}

}  // namespace dray::cli
