#include <fmt/format.h>

#include <dray/store/registry_folder.hpp>

#include "../context.hpp"
#include "../exit_status.hpp"
#include "../render.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string table_of(const VerifyRegistryReport& report) {
  std::string out;
  for (const auto& damage : report.damage) {
    out += (damage.repository.empty() ? std::string() : damage.repository + ": ") + damage.what +
           (damage.quarantined ? " (moved to _dray/quarantine)" : "") + "\n";
  }
  for (const auto& name : report.strange) out += "no part of a registry: " + name + "\n";
  out +=
      fmt::format("{} repositories, {} tags, {} manifests, {} blobs, {}: {}\n", report.repositories, report.tags,
                  report.manifests, report.blobs, human_size(report.bytes),
                  report.damage.empty() ? "all is as it should be" : fmt::format("{} damaged", report.damage.size()));
  return out;
}

Json json_of(const VerifyRegistryReport& report) {
  Json::Array damage;
  for (const auto& one : report.damage) {
    Json entry;
    if (!one.repository.empty()) entry.set("repository", one.repository);
    entry.set("what", one.what);
    entry.set("quarantined", one.quarantined);
    damage.push_back(std::move(entry));
  }
  Json json;
  json.set("repositories", report.repositories);
  json.set("tags", report.tags);
  json.set("manifests", report.manifests);
  json.set("blobs", report.blobs);
  json.set("bytes", report.bytes);
  json.set("damage", std::move(damage));
  json.set("strange", texts(report.strange));
  return json;
}

Result<int> run_verify(Context& context, const Input& input) {
  RegistryFolderOptions options;
  const bool quarantine = input.has("--quarantine");
  options.use = quarantine ? RegistryFolderOptions::Use::write : RegistryFolderOptions::Use::read;
  options.must_exist = true;
  DRAY_TRY_ASSIGN(const auto folder, RegistryFolder::open(input.argument("DIR"), options, system_clock()));
  DRAY_TRY_ASSIGN(const auto report, folder->verify(quarantine, context.stop()));
  View view;
  view.table = [&](bool) { return table_of(report); };
  view.json = [&] { return json_of(report); };
  DRAY_TRY_ASSIGN(const auto shown, context.output().show(view));
  return report.damage.empty() ? shown : exit_status(ErrorCode::digest_mismatch);
}

}  // namespace

Command verify_command() {
  return {.name = "verify",
          .group = "Serve",
          .summary = "Read a registry's folder and say what is missing or damaged",
          .arguments = {{"DIR", "the folder of a registry; it may be in use"}},
          .options = {{"--quarantine", "", "move damaged blobs away so that they are never served; no server may run"}},
          .examples = {{"dray verify /srv/registry", "exit status 5 when something is damaged"}},
          .details = "Everything that a repository points at must be there, and hash to its digest.",
          .run = run_verify};
}

}  // namespace dray::cli
