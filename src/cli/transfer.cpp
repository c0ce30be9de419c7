#include "transfer.hpp"

#include <fmt/format.h>

#include <dray/app/archive_tags.hpp>

#include "exit_status.hpp"
#include "render.hpp"
#include "table.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

struct Sums {
  std::size_t moved = 0;
  std::size_t mounted = 0;
  std::size_t present = 0;
  std::size_t left = 0;
};

// Where it is, the tag that was not written out too.
std::string with_tag(const Address& place) {
  const auto tag = tag_at(place);
  const bool named = place.name() || place.digest() || !tag;
  return place.text() + (named ? "" : ":" + *tag);
}

Sums sums_of(const ops::CopyReport& report) {
  Sums sums;
  for (const auto& planned : report.blobs) {
    switch (planned.from) {
      case ops::PlannedBlob::From::present:
        ++sums.present;
        break;
      case ops::PlannedBlob::From::mount:
        ++sums.mounted;
        break;
      case ops::PlannedBlob::From::source:
      case ops::PlannedBlob::From::urls:
        ++sums.moved;
        break;
      case ops::PlannedBlob::From::left:
        ++sums.left;
        break;
    }
  }
  return sums;
}

std::string blobs_line(const ops::CopyReport& report, bool dry_run) {
  const auto sums = sums_of(report);
  const auto bytes = dry_run ? report.bytes_planned : report.bytes_transferred;
  auto line = fmt::format("{}, {} bytes ({}) {}", counted(sums.moved, "blob"), grouped(bytes), human_size(bytes),
                          dry_run ? "to move" : "moved");
  if (sums.mounted > 0) line += fmt::format("; {} mounted", sums.mounted);
  if (sums.present > 0) line += fmt::format("; {} already there", sums.present);
  if (sums.left > 0) line += fmt::format("; {} left behind URLs", sums.left);
  return line;
}

/// Each foreign layer that was not copied, and where it is to be had.
void add_left(Facts& facts, const ops::CopyReport& report) {
  for (const auto& planned : report.blobs) {
    if (planned.from != ops::PlannedBlob::From::left) continue;
    const auto& urls = planned.blob.urls;
    const auto more = urls.size() > 1 ? fmt::format(" and {} more", urls.size() - 1) : "";
    facts.add("Left", fmt::format("{} at {}{}", planned.blob.digest.text(), printable(urls.front()), more));
  }
}

std::string plan_table(const ops::CopyReport& report, bool colour) {
  Table table({{"BLOB"}, {"SIZE", Table::Align::right}, {"FROM"}});
  for (const auto& planned : report.blobs) {
    const auto json = copy_report_json({report.copied, report.resolved, {planned}}, true);
    table.add({planned.blob.digest.text(), grouped(planned.blob.size),
               *(*json.find("blobs")->as_array())[0].find("from")->as_string()});
  }
  return table.text(2, colour);
}

/// What the destination's name stands for already, if anything.
Result<std::optional<Descriptor>> standing_at(Context& context, const std::string& to, const Address& place) {
  DRAY_TRY_ASSIGN(const auto opened, context.open_sink_to_plan(to));
  auto* readable = dynamic_cast<ContentSource*>(opened.sink.get());
  if (readable == nullptr) return std::optional<Descriptor>();
  const auto tag = tag_at(place);
  if (!tag && !place.digest()) return std::optional<Descriptor>();  // it has no name that could be taken
  const auto name = place.digest() ? ManifestName(*place.digest()) : ManifestName(*tag);
  auto found = readable->resolve(name, context.stop());
  if (found) return std::optional(*std::move(found));
  if (found.error().code() == ErrorCode::not_found) return std::optional<Descriptor>();
  return std::move(found).error();
}

Result<int> show_kept(Context& context, const Descriptor& kept, const Address& place) {
  View view;
  view.table = [&](bool colour) {
    Facts facts;
    facts.add("Kept", with_tag(place));
    facts.add("Digest", kept.digest.text());
    return facts.text(colour);
  };
  view.json = [&] {
    auto json = descriptor_json(kept);
    json.set("kept", true);
    return json;
  };
  return context.output().show(view);
}

}  // namespace

Result<int> transfer(Context& context, const Input& input, const std::string& from, const std::string& given) {
  DRAY_TRY_ASSIGN(const auto from_address, Address::parse(from));
  DRAY_TRY_ASSIGN(const auto given_address, Address::parse(given));
  DRAY_TRY_ASSIGN(const auto place, named_like(from_address, given_address));
  const auto to = place.text();
  if (input.has("--no-clobber")) {
    DRAY_TRY_ASSIGN(const auto kept, standing_at(context, to, place));
    if (kept) return show_kept(context, *kept, place);
  }
  DRAY_TRY_ASSIGN(auto source, context.open_source(from));
  auto options = context.copy_options(input);
  if (!options) return std::move(options).error();
  const bool dry_run = options->dry_run;
  options->expected = place.digest();
  const auto open_destination = [&]() -> Result<std::shared_ptr<ContentSink>> {
    DRAY_TRY_ASSIGN(auto opened, dry_run ? context.open_sink_to_plan(to) : context.open_sink(to));
    return std::move(opened.sink);
  };
  auto report = ops::copy(*source.source, source.name, open_destination, tag_at(place), *options, context.stop());
  options->observer.reset();  // ends the progress before anything else is written
  if (!report) return std::move(report).error();
  return show_copied(context, *report, {.origin = "Chosen from", .place = place, .dry_run = dry_run});
}

std::string copied_text(const ops::CopyReport& report, const CopiedTo& to, bool colour) {
  Facts facts;
  facts.add("Digest", report.copied.digest.text());
  if (report.copied.digest != report.resolved.digest) {
    facts.add(to.origin, report.resolved.digest.text() + ", " + manifest_kind(report.resolved.media_type));
  }
  for (const auto& reason : report.reasons) facts.add("Because", printable(reason));
  facts.add("Type", manifest_kind(report.copied.media_type));
  facts.add(to.dry_run ? "Would go to" : "Now at", with_tag(to.place));
  facts.add("Blobs", blobs_line(report, to.dry_run));
  facts.add("Referrers", referrers_line(report.referrers));
  add_left(facts, report);
  return facts.text(colour) + (to.dry_run ? "\n" + plan_table(report, colour) : "");
}

Result<int> show_copied(Context& context, const ops::CopyReport& report, const CopiedTo& to) {
  View view;
  view.table = [&](bool colour) { return copied_text(report, to, colour); };
  view.json = [&] { return copy_report_json(report, to.dry_run); };
  return context.output().show(view);
}

}  // namespace dray::cli
