#include <fmt/format.h>

#include <dray/settings/credential_store.hpp>

#include "../context.hpp"
#include "../registry_argument.hpp"
#include "../render.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

struct Forgotten {
  std::vector<std::string> registries;
  std::vector<std::string> places;
};

// Another place may still have one: a person who logs out wants to know.
void tell_what_is_left(Context& context, const Registry& registry) {
  const auto report = context.credentials()->explain(registry, {});
  if (!report.used) return;
  context.note(fmt::format("dray: {} still gets the {} from {}; see `dray auth explain {}`", registry.text(),
                           settings::name(report.used->kind), printable(report.used->origin), registry.text()));
}

Result<Forgotten> forget(Context& context, const Input& input) {
  const auto options = context.credential_options();
  const auto typed = input.optional_argument("REGISTRY");
  if (input.has("--all") && typed) return Error(ErrorCode::invalid_input, "name a registry or --all, not both");
  if (input.has("--all")) {
    DRAY_TRY_ASSIGN(auto registries, settings::erase_all_credentials(options));
    return Forgotten{std::move(registries), {}};
  }
  DRAY_TRY_ASSIGN(const auto registry, typed ? registry_argument(*typed) : Result<Registry>(Registry::docker_hub()));
  DRAY_TRY_ASSIGN(auto places, settings::erase_credential(options, registry));
  tell_what_is_left(context, registry);
  if (places.empty()) return Forgotten{};
  return Forgotten{{registry.text()}, std::move(places)};
}

Result<int> run_logout(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto forgotten, forget(context, input));
  View view;
  view.table = [&](bool) {
    if (forgotten.registries.empty()) return std::string("there was no login to forget\n");
    std::string out;
    for (const auto& registry : forgotten.registries) out += "forgot " + printable(registry) + "\n";
    return out;
  };
  view.json = [&] {
    Json json;
    json.set("forgotten", texts(forgotten.registries));
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Command logout_command() {
  return {.name = "logout",
          .group = "Access",
          .summary = "Forget the credential of a registry, also where a helper keeps it",
          .arguments = {{"REGISTRY", "host[:port]; left out: Docker Hub", false}},
          .options = {{"--all", "", "forget every registry that the file has an entry for"}},
          .examples = {{"dray logout ghcr.io", "says so when another place still has a credential"}},
          .details = "Works on the file that login writes; entries for repositories of the registry go too.",
          .run = run_logout,
          .makes_auth_file = true};
}

}  // namespace dray::cli
