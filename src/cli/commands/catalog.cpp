#include "../context.hpp"
#include "../render.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<int> run_catalog(Context& context, const Input& input) {
  const auto& where = input.argument("REGISTRY");
  DRAY_TRY_ASSIGN(const auto registry, Registry::parse(where));
  DRAY_TRY_ASSIGN(const auto names, context.client()->catalog(registry, context.stop()));
  View view;
  view.table = [&](bool) {
    std::string out;
    for (const auto& name : names) out += name + "\n";
    return out;
  };
  view.json = [&] {
    Json json;
    json.set("registry", registry.text());
    json.set("count", static_cast<std::uint64_t>(names.size()));
    json.set("repositories", texts(names));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command catalog_command() {
  return {.name = "catalog",
          .group = "Look",
          .summary = "The repositories of a registry",
          .arguments = {{"REGISTRY", "host[:port]"}},
          .options = {},
          .examples = {{"dray catalog localhost:5000", "one repository a line"}},
          .details = "Many public registries (Docker Hub, GHCR) have no catalog and say so.",
          .run = run_catalog};
}

}  // namespace dray::cli
