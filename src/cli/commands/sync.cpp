#include <dray/app/sync.hpp>
#include <dray/core/limits.hpp>

#include "../context.hpp"
#include "../exit_status.hpp"
#include "../input_file.hpp"
#include "../sync_view.hpp"
#include "commands.hpp"

namespace dray::cli {
namespace {

Result<settings::SyncFile> read(const std::string& file) {
  auto text = read_input(file, limits::max_yaml_bytes);
  if (!text) return std::move(text).error().context(file);
  return settings::SyncFile::parse(*text, file == "-" ? "standard input" : file);
}

Result<int> run_sync(Context& context, const Input& input) {
  DRAY_TRY_ASSIGN(const auto file, read(input.argument("FILE")));
  DRAY_TRY_ASSIGN(auto common, context.copy_options(input));
  SyncOptions options;
  options.dry_run = common.dry_run || input.has("--plan");
  options.check = input.has("--check");
  options.jobs = common.jobs;
  options.observer = std::move(common.observer);
  DRAY_TRY_ASSIGN(options.cache, context.cache());
  if (const auto state = input.option("--state")) options.state = *state;
  const auto report = sync(file, options, context.client(), context.stop());
  options.observer.reset();  // ends the progress before anything else is written
  if (!report) return report.error();
  const int status = sync_status(*report);
  if (input.has("--quiet") && status == exit_done) return status;
  View view;
  view.table = [&](bool colour) { return sync_table(*report, options.dry_run, colour); };
  view.json = [&] { return sync_json(*report, options.dry_run); };
  DRAY_TRY(context.output().show(view));
  return status;
}

}  // namespace

Command sync_command() {
  return {.name = "sync",
          .group = "Move",
          .summary = "Bring many repositories to what a file says",
          .arguments = {{"FILE", "YAML: what goes where (docs/sync.md); `-` for standard input"}},
          .options = {{"--state", "FILE", "remember what the destinations hold, and do not ask them again"},
                      {"--check", "", "with --state: ask the destinations all the same"},
                      {"--plan", "", "say what would be copied and deleted and how many bytes, and do nothing"},
                      {"--dry-run", "", "the same as --plan"},
                      {"--quiet", "", "no report unless something failed; for cron"}},
          .examples = {{"dray sync mirror.yml --plan", "what would be done"},
                       {"dray sync mirror.yml --state mirror.state --quiet --progress none", "a line for cron"}},
          .details =
              "Tags that did not change cost no manifest, images that are there no blob. A failure stops nothing\n"
              "else and shows in the exit status; nothing is deleted at a destination where something failed.",
          .run = run_sync};
}

}  // namespace dray::cli
