#include <dray/core/limits.hpp>
#include <dray/ops/select.hpp>
#include <dray/store/verify.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_config(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, context.open_source(input.argument("IMAGE")));
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(const auto image, ops::select_image(*place.source, place.name, platform, context.stop()));
  DRAY_TRY_ASSIGN(const auto bytes,
                  read_blob(*place.source, image.manifest.config, limits::max_config_bytes, context.stop()));
  DRAY_TRY_ASSIGN(const auto json, Json::parse(bytes).transform_error([&](Error error) {
    return std::move(error).context("the config is no JSON (it is " + image.manifest.config.media_type.text() +
                                    "; --format raw prints it as it is)");
  }));
  View view;
  view.table = [&](bool) { return json.pretty(); };
  view.json = [&] { return json; };
  view.raw = bytes;
  return context.output().show(view);
}

}  // namespace

Command config_command() {
  return {.name = "config",
          .group = "Look",
          .summary = "The configuration of an image",
          .arguments = {image_argument},
          .options = {platform_option},
          .examples = {{"dray config alpine --jq .config.Env", "the environment an image starts with"},
                       {"dray config alpine --format raw | sha256sum", "the image ID"}},
          .details = {},
          .run = run_config};
}

}  // namespace dray::cli
