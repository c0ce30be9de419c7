#include <dray/app/archive_tags.hpp>
#include <dray/core/name_pattern.hpp>
#include <dray/ops/copy_tags.hpp>

#include "tags_view.hpp"
#include "text.hpp"
#include "transfer.hpp"

namespace dray::cli {
namespace {

Result<std::vector<NamePattern>> patterns(const Input& input, std::string_view option) {
  std::vector<NamePattern> all;
  for (const auto& text : input.all(option)) {
    auto pattern = NamePattern::parse(text);
    if (!pattern) return std::move(pattern).error().context(option);
    all.push_back(*std::move(pattern));
  }
  return all;
}

Result<std::vector<std::string>> wanted_tags(ContentSource& source, const NameFilter& filter,
                                             const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto all, source.list_tags(stop));
  auto wanted = filter.pick(all);
  if (!wanted.empty()) return wanted;
  return Error(ErrorCode::not_found,
               source.describe() +
                   (all.empty() ? " has no tags"
                                : " has no tag that is wanted: " + counted(all.size(), "tag") + ", all left out"));
}

Json report_json(const ops::TagsReport& report, const Place& from, const Place& to, bool dry_run) {
  Json json;
  json.set("source", from.text());
  json.set("destination", to.text());
  json.set("dryRun", dry_run);
  json.set("bytesPlanned", report.bytes_planned);
  json.set("bytesTransferred", report.bytes_transferred);
  json.set("tags", tags_json(report.tags));
  return json;
}

std::string report_table(const ops::TagsReport& report, bool dry_run, bool colour) {
  const auto rows = tags_table(report.tags, dry_run, colour);
  const auto bytes = dry_run ? report.bytes_planned : report.bytes_transferred;
  return rows + (rows.empty() ? "" : "\n") + tags_sums(report.tags, dry_run) + "; " + grouped(bytes) + " bytes (" +
         human_size(bytes) + ") " + (dry_run ? "to move" : "moved") + "\n";
}

}  // namespace

Result<void> check_tag_options(const Input& input) {
  if (input.has("--all-tags")) return {};
  for (const auto* const option : {"--include", "--exclude"}) {
    if (input.has(option)) {
      return Error(ErrorCode::invalid_input, std::string(option) + " chooses among many tags: say --all-tags too");
    }
  }
  return {};
}

Result<int> transfer_tags(Context& context, const Input& input, const std::string& from, const std::string& to) {
  DRAY_TRY_ASSIGN(const auto source_place, Place::parse(from));
  DRAY_TRY_ASSIGN(const auto sink_place, Place::parse(to));
  NameFilter filter;
  DRAY_TRY_ASSIGN(filter.include, patterns(input, "--include"));
  DRAY_TRY_ASSIGN(filter.exclude, patterns(input, "--exclude"));
  DRAY_TRY_ASSIGN(const auto source, context.open_source_place(source_place));
  DRAY_TRY_ASSIGN(const auto repository, call_by_repository(source_place, *source));
  DRAY_TRY_ASSIGN(const auto tags, wanted_tags(*source, filter, context.stop()));
  ops::CopyTagsOptions options;
  DRAY_TRY_ASSIGN(options.copy, context.copy_options(input));
  options.no_clobber = input.has("--no-clobber");
  const bool dry_run = options.copy.dry_run;
  const auto open_sink = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto sink, context.open_sink_place(sink_place, dry_run));
    DRAY_TRY(call_by_repository(repository, *sink));
    return sink;
  };
  auto report = ops::copy_tags(*source, tags, open_sink, options, context.stop());
  options.copy.observer.reset();  // ends the progress before anything else is written
  if (!report) return std::move(report).error();
  View view;
  view.table = [&](bool colour) { return report_table(*report, dry_run, colour); };
  view.json = [&] { return report_json(*report, source_place, sink_place, dry_run); };
  DRAY_TRY(context.output().show(view));
  const auto failed = report->count(ops::TagOutcome::failed);
  if (failed > 0) context.note("dray: " + counted(failed, "tag") + " of " + std::to_string(tags.size()) + " failed");
  SharedStatus status;
  add_errors(status, report->tags);
  return status.get();
}

}  // namespace dray::cli
