#include <dray/client/mirrored.hpp>
#include <dray/ops/select.hpp>

#include "../context.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

// The same image, pinned: what a person may put in a file.
std::string pinned(const std::string& image, const Digest& digest) {
  const auto address = Address::parse(image);
  if (address && address->kind() == PlaceKind::registry) {
    const auto& reference = address->reference();
    return reference.repository_name().text() + "@" + digest.text();
  }
  return digest.text();
}

Result<int> run_resolve(Context& context, const Input& input) {
  const auto& name = input.argument("IMAGE");
  DRAY_TRY_ASSIGN(const auto place, context.open_source(name));
  DRAY_TRY_ASSIGN(const auto platform, Context::one_platform(input));
  DRAY_TRY_ASSIGN(const auto image, ops::select_image(*place.source, place.name, platform, context.stop()));
  const auto& digest = image.raw.descriptor.digest;
  const auto* const mirrored = dynamic_cast<const client::NamesAnswerer*>(place.source.get());
  const auto answered_by = mirrored == nullptr ? std::string() : mirrored->answered_by();
  View view;
  view.table = [&](bool colour) {
    Facts facts;
    facts.add("Image", pinned(name, digest));
    if (image.platform) facts.add("Platform", image.platform->text());
    facts.add("Why", image.reason);
    if (!answered_by.empty()) facts.add("Answered by", answered_by);
    for (std::size_t i = 0; i + 1 < image.path.size(); ++i) {
      facts.add("Through", image.path[i].digest.text() + ", " + manifest_kind(image.path[i].media_type));
    }
    return facts.text(colour);
  };
  view.json = [&] {
    auto json = descriptor_json(image.raw.descriptor);
    json.set("name", pinned(name, digest));
    json.set("platform", platform_json(image.platform));
    json.set("reason", image.reason);
    if (!answered_by.empty()) json.set("answeredBy", answered_by);
    Json::Array path;
    for (const auto& step : image.path) path.push_back(descriptor_json(step));
    json.set("path", std::move(path));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command resolve_command() {
  return {
      .name = "resolve",
      .group = "Look",
      .summary = "Which image a name means on a platform, and why",
      .arguments = {image_argument},
      .options = {platform_option},
      .examples = {{"dray resolve mcr.microsoft.com/dotnet/runtime:7.0 --platform linux/arm64",
                    "one digest, the reason for the choice, and the index it came from"}},
      .details = "Without --platform it is this machine's. When nothing matches, the platforms that exist are listed.",
      .run = run_resolve};
}

}  // namespace dray::cli
