#include <fmt/format.h>

#include <dray/store/registry_folder.hpp>

#include "../context.hpp"
#include "../duration.hpp"
#include "../render.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

std::string table_of(const CollectReport& report, bool dry_run, bool kept_untagged) {
  std::string out;
  for (const auto& digest : report.removed)
    out += fmt::format("{}  {}\n", dry_run ? "would go" : "removed", digest.text());
  if (!report.untagged.empty()) {
    out += fmt::format("{} manifests that no tag reaches{}:\n", report.untagged.size(),
                       kept_untagged ? ", kept (--untagged removes them)" : "");
    for (const auto& manifest : report.untagged) {
      out += fmt::format("  {}@{}\n", manifest.repository, manifest.digest.text());
    }
  }
  for (const auto& name : report.strange) out += "left alone, no part of a registry: " + name + "\n";
  out +=
      fmt::format("{} {} blobs, {}; kept {} blobs, {}\n", dry_run ? "would remove" : "removed", report.removed.size(),
                  human_size(report.removed_bytes), report.kept_blobs, human_size(report.kept_bytes));
  return out;
}

Json json_of(const CollectReport& report, bool dry_run) {
  Json::Array removed;
  for (const auto& digest : report.removed) removed.emplace_back(digest.text());
  Json::Array untagged;
  for (const auto& manifest : report.untagged) {
    Json entry;
    entry.set("repository", manifest.repository);
    entry.set("digest", manifest.digest.text());
    untagged.push_back(std::move(entry));
  }
  Json json;
  json.set("dryRun", dry_run);
  json.set("removed", std::move(removed));
  json.set("removedBytes", report.removed_bytes);
  json.set("keptBlobs", report.kept_blobs);
  json.set("keptBytes", report.kept_bytes);
  json.set("removedLinks", report.removed_links);
  json.set("removedUploads", report.removed_uploads);
  json.set("untagged", std::move(untagged));
  json.set("strange", texts(report.strange));
  return json;
}

Result<int> run_gc(Context& context, const Input& input) {
  RegistryFolderOptions folder_options;
  if (const auto grace = input.option("--grace")) {
    DRAY_TRY_ASSIGN(folder_options.grace, parse_duration("--grace", *grace));
  }
  folder_options.must_exist = true;
  const CollectOptions options{.dry_run = input.has("--dry-run"), .untagged = input.has("--untagged")};
  DRAY_TRY_ASSIGN(const auto folder, RegistryFolder::open(input.argument("DIR"), folder_options, system_clock()));
  DRAY_TRY_ASSIGN(const auto report, folder->collect(options, context.stop()));
  View view;
  view.table = [&](bool) { return table_of(report, options.dry_run, !options.untagged); };
  view.json = [&] { return json_of(report, options.dry_run); };
  return context.output().show(view);
}

}  // namespace

Command gc_command() {
  return {.name = "gc",
          .group = "Serve",
          .summary = "Remove from a registry's folder what nothing points at",
          .arguments = {{"DIR", "the folder, which no server is using (a running one collects with --gc-every)"}},
          .options = {{"--dry-run", "", "say what would go and remove nothing"},
                      {"--untagged", "", "remove manifests that no tag reaches, too"},
                      {"--grace", "TIME", "leave what is younger alone; 1h when left out"}},
          .examples = {{"dray gc /srv/registry --dry-run", "what would go, and which manifests have no tag"}},
          .details = "What is removed lies in _dray/trash for the grace time before it is gone for good.",
          .run = run_gc};
}

}  // namespace dray::cli
