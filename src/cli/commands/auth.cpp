#include <fmt/format.h>

#include "../context.hpp"
#include "../credential_helper.hpp"
#include "../exit_status.hpp"
#include "../registry_argument.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string table_of(const RegistryPlace& place, const settings::CredentialReport& report, bool colour) {
  Facts facts;
  facts.add("Registry", place.registry.text());
  if (!place.repository.empty()) facts.add("Repository", place.repository);
  if (report.used) {
    const auto who = report.used->username.empty() ? std::string() : " of " + report.used->username;
    facts.add("Uses", fmt::format("{}{}, from {}", settings::name(report.used->kind), who, report.used->origin));
  } else {
    facts.add("Uses", report.failure ? "nothing: a place is broken" : "nothing: anonymous");
  }
  Table table({{"#", Table::Align::right}, {"PLACE"}, {"OUTCOME"}, {"WHY"}});
  for (std::size_t i = 0; i < report.sources.size(); ++i) {
    const auto& source = report.sources[i];
    table.add({std::to_string(i + 1), source.place, std::string(settings::name(source.outcome)), source.says});
  }
  return facts.text(colour) + "\n" + table.text(2, colour);
}

Json json_of(const RegistryPlace& place, const settings::CredentialReport& report) {
  Json json;
  json.set("registry", place.registry.text());
  json.set("repository", text_or_null(place.repository));
  Json used;
  if (report.used) {
    used.set("username", text_or_null(report.used->username));
    used.set("kind", settings::name(report.used->kind));
    used.set("origin", report.used->origin);
  }
  json.set("used", std::move(used));
  Json::Array sources;
  for (const auto& source : report.sources) {
    Json entry;
    entry.set("place", source.place);
    entry.set("outcome", settings::name(source.outcome));
    entry.set("why", source.says);
    sources.push_back(std::move(entry));
  }
  json.set("sources", std::move(sources));
  return json;
}

Result<int> explain(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, registry_place(input.argument("REGISTRY[/REPOSITORY]")));
  const auto report = context.credentials()->explain(place.registry, place.repository);
  View view;
  view.table = [&](bool colour) { return table_of(place, report, colour); };
  view.json = [&] { return json_of(place, report); };
  DRAY_TRY_ASSIGN(const auto shown, context.output().show(view));
  return report.failure ? exit_status(report.failure->code()) : shown;
}

Result<client::Scope> scope_of(const std::string& action, const std::string& repository) {
  if (action == "pull") return client::pull_scope(repository);
  if (action == "push") return client::push_scope(repository);
  if (action == "delete") return client::delete_scope(repository);
  return Error(ErrorCode::invalid_input, "--scope takes pull, push or delete, not '" + action + "'");
}

Result<int> token(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto place, registry_place(input.argument("REPOSITORY")));
  if (place.repository.empty()) {
    return Error(ErrorCode::invalid_input, "a token is for a repository: " + place.registry.text() + "/NAME");
  }
  auto actions = input.all("--scope");
  if (actions.empty()) actions.emplace_back("pull");
  std::vector<client::Scope> scopes;
  for (const auto& action : actions) {
    DRAY_TRY_ASSIGN(auto scope, scope_of(action, place.repository));
    scopes.push_back(std::move(scope));
  }
  DRAY_TRY_ASSIGN(const auto value, context.client()->token(place.registry, scopes, context.stop()));
  View view;
  view.table = [&](bool) { return value + "\n"; };
  view.json = [&] {
    Json json;
    json.set("registry", place.registry.text());
    json.set("repository", place.repository);
    json.set("scopes", texts(actions));
    json.set("token", value);
    return json;
  };
  return context.output().show(view);
}

Result<int> get_credential(Context& context, const Input& /*input*/) { return answer_get(*context.credentials()); }

}  // namespace

std::vector<Command> auth_commands() {
  return {
      {.name = "auth explain",
       .group = "Access",
       .summary = "Which credential a registry gets, from where, and why no other",
       .arguments = {{"REGISTRY[/REPOSITORY]", "the repository too where entries for namespaces count"}},
       .options = {},
       .examples = {{"dray auth explain quay.io/team/app", "every place that is looked at, in its order; no secret"}},
       .details = "The order and its reasons are in docs/credentials.md.",
       .run = explain},
      {.name = "auth token",
       .group = "Access",
       .summary = "A bearer token for a repository, for curl",
       .arguments = {{"REPOSITORY", "without a tag"}},
       .options = {{"--scope", "pull|push|delete", "what it is to allow; pull when left out", true}},
       .examples = {{"dray auth token alpine", "curl -H \"Authorization: Bearer $(dray auth token alpine)\" …"}},
       .details = "The token is a secret: it is printed because you ask for it.",
       .run = token},
      {.name = "auth get",
       .group = "Access",
       .summary = "Be a credential helper: the server on stdin, its credential as JSON on stdout",
       .arguments = {},
       .options = {},
       .examples = {{"dray auth get <<<ghcr.io", "what docker-credential-… get does"}},
       .details = "For docker, podman and others make a link named docker-credential-dray to this program, and name "
                  "\"dray\" in credsStore or credHelpers. Exit status 1 when there is no credential.",
       .run = get_credential},
  };
}

}  // namespace dray::cli
