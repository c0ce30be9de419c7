#include <fmt/format.h>

#include <dray/store/blob_cache.hpp>

#include "../cache_options.hpp"
#include "../context.hpp"
#include "../duration.hpp"
#include "../render.hpp"
#include "../table.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

struct NamedCache {
  std::filesystem::path folder;
  std::shared_ptr<BlobCache> cache;  // null where there is none yet, and none is made to look into it
};

/// The one that is named, else the user's own.
Result<NamedCache> open_cache(const Input& input) {
  const auto environment = settings::process_environment();
  DRAY_TRY_ASSIGN(auto choice, cache_choice(input, environment));
  if (!choice.folder) {
    DRAY_TRY_ASSIGN(choice.folder, user_cache_folder(environment));
  }
  std::error_code error;
  if (!std::filesystem::exists(*choice.folder, error) && !error) return NamedCache{*choice.folder, nullptr};
  DRAY_TRY_ASSIGN(auto cache, BlobCache::open(*choice.folder, choice.max_bytes));
  return NamedCache{*choice.folder, std::move(cache)};
}

Json blobs_json(const std::vector<CachedBlob>& blobs) {
  Json::Array array;
  for (const auto& blob : blobs) {
    Json json;
    json.set("digest", blob.digest.text());
    json.set("size", blob.size);
    json.set("used", rfc3339(blob.used));
    array.push_back(std::move(json));
  }
  return array;
}

std::string blobs_text(const std::vector<CachedBlob>& blobs, bool colour) {
  if (blobs.empty()) return {};
  Table table({{"BLOB"}, {"SIZE", Table::Align::right}, {"LAST USED"}});
  for (const auto& blob : blobs) table.add({blob.digest.text(), grouped(blob.size), rfc3339(blob.used)});
  return table.text(0, colour) + "\n";
}

// ---- ls -------------------------------------------------------------------------------------------------------

Result<int> list(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto named, open_cache(input));
  std::vector<CachedBlob> blobs;
  if (named.cache) {
    DRAY_TRY_ASSIGN(blobs, named.cache->list());
  }
  std::uint64_t bytes = 0;
  for (const auto& blob : blobs) bytes += blob.size;
  View view;
  view.table = [&](bool colour) {
    return blobs_text(blobs, colour) + fmt::format("{}, {} in {}\n", counted(blobs.size(), "blob"), human_size(bytes),
                                                   printable(named.folder.string()));
  };
  view.json = [&] {
    Json json;
    json.set("folder", named.folder.string());
    json.set("bytes", bytes);
    json.set("blobs", blobs_json(blobs));
    return json;
  };
  return context.output().show(view);
}

// ---- prune ----------------------------------------------------------------------------------------------------

Result<CachePruning> pruning_of(const Input& input, std::uint64_t max_bytes) {
  CachePruning pruning;
  pruning.dry_run = input.has("--dry-run");
  if (input.has("--all") && (input.has("--to-size") || input.has("--older-than"))) {
    return Error(ErrorCode::invalid_input, "--all leaves nothing that another option could keep");
  }
  if (const auto age = input.option("--older-than")) {
    DRAY_TRY_ASSIGN(const auto seconds, parse_duration("--older-than", *age));
    pruning.unused_since = system_clock().wall_now() - seconds;
  }
  if (const auto size = input.option("--to-size")) {
    DRAY_TRY_ASSIGN(pruning.to_bytes, parse_bytes("--to-size", *size));
  }
  if (input.has("--all")) pruning.to_bytes = 0;
  if (!pruning.to_bytes && !pruning.unused_since) pruning.to_bytes = max_bytes;
  return pruning;
}

Result<int> prune(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto named, open_cache(input));
  DRAY_TRY_ASSIGN(const auto pruning, pruning_of(input, named.cache ? named.cache->max_bytes() : 0));
  PrunedCache report;
  if (named.cache) {
    DRAY_TRY_ASSIGN(report, named.cache->prune(pruning, context.stop()));
  }
  View view;
  view.table = [&](bool colour) {
    return blobs_text(report.removed, colour) +
           fmt::format("{} {}, {}; kept {}, {}\n", pruning.dry_run ? "would remove" : "removed",
                       counted(report.removed.size(), "blob"), human_size(report.removed_bytes),
                       counted(report.kept_blobs, "blob"), human_size(report.kept_bytes));
  };
  view.json = [&] {
    Json json;
    json.set("folder", named.folder.string());
    json.set("dryRun", pruning.dry_run);
    json.set("removed", blobs_json(report.removed));
    json.set("removedBytes", report.removed_bytes);
    json.set("keptBlobs", report.kept_blobs);
    json.set("keptBytes", report.kept_bytes);
    return json;
  };
  return context.output().show(view);
}

}  // namespace

std::vector<Command> cache_commands() {
  return {
      {.name = "cache ls",
       .group = "Move",
       .summary = "The blobs that are kept for later commands",
       .arguments = {},
       .options = {},
       .examples = {{"dray cache ls", "the least recently used first"}},
       .details = "It is the cache of --cache-dir or DRAY_CACHE_DIR; where neither names one, that of auto.",
       .run = list},
      {.name = "cache prune",
       .group = "Move",
       .summary = "Remove blobs that are kept for later commands",
       .arguments = {},
       .options = {{"--older-than", "TIME", "those that were not used for so long: 12h, 30d"},
                   {"--to-size", "SIZE", "the least recently used, until so many bytes are left: 500M, 10G"},
                   {"--all", "", "every one"},
                   {"--dry-run", "", "say what would go and remove nothing"}},
       .examples = {{"dray cache prune --older-than 30d", "what nobody used for a month"}},
       .details = "Without an option it is pruned to its size (--cache-size), as commands do that add to it.",
       .run = prune},
  };
}

}  // namespace dray::cli
