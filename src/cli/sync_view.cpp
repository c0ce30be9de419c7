#include "sync_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tags_view.hpp"
#include "text.hpp"

namespace dray::cli {
namespace {

Json message_or_null(const std::optional<Error>& error) { return error ? Json(error->message()) : Json(); }

Json deleted_json(const std::vector<DeletedTag>& deleted) {
  Json::Array array;
  for (const auto& one : deleted) {
    Json json;
    json.set("tag", one.tag);
    json.set("error", message_or_null(one.error));
    array.push_back(std::move(json));
  }
  return array;
}

Json place_json(const SyncedPlace& place) {
  Json json;
  json.set("source", place.source);
  json.set("destination", place.destination);
  json.set("error", message_or_null(place.error));
  json.set("bytesPlanned", place.tags.bytes_planned);
  json.set("bytesTransferred", place.tags.bytes_transferred);
  json.set("tags", tags_json(place.tags.tags));
  json.set("deleted", deleted_json(place.deleted));
  json.set("notDeleted", place.not_deleted.empty() ? Json() : Json(place.not_deleted));
  return json;
}

std::string deleted_lines(const SyncedPlace& place, bool dry_run) {
  std::string lines;
  for (const auto& one : place.deleted) {
    lines += one.error ? fmt::format("  {}: not deleted: {}\n", printable(one.tag), printable(one.error->message()))
                       : fmt::format("  {}: {}\n", printable(one.tag), dry_run ? "to delete" : "deleted");
  }
  if (!place.not_deleted.empty()) lines += "  nothing is deleted: " + printable(place.not_deleted) + "\n";
  return lines;
}

/// Empty where all was as it should be.
std::string place_text(const SyncedPlace& place, bool dry_run, bool colour) {
  std::string text;
  if (place.error) text += "  " + printable(place.error->message()) + "\n";
  text += tags_table(place.tags.tags, dry_run, colour) + deleted_lines(place, dry_run);
  if (text.empty()) return text;
  return printable(place.source) + " -> " + printable(place.destination) + "\n" + text + "\n";
}

std::string sums_line(const SyncReport& report, bool dry_run) {
  std::vector<ops::TagReport> tags;
  std::size_t deleted = 0;
  for (const auto& place : report.places) {
    tags.insert(tags.end(), place.tags.tags.begin(), place.tags.tags.end());
    deleted += static_cast<std::size_t>(
        std::ranges::count_if(place.deleted, [](const DeletedTag& one) { return !one.error; }));
  }
  const auto broken =
      std::ranges::count_if(report.places, [](const SyncedPlace& one) { return one.error.has_value(); });
  auto line = counted(report.places.size(), "place");
  if (broken > 0) line += fmt::format(", {} failed", broken);
  line += "; " + tags_sums(tags, dry_run);
  if (deleted > 0) line += fmt::format("; {} {}", deleted, dry_run ? "to delete" : "deleted");
  const auto bytes = dry_run ? report.bytes_planned() : report.bytes_transferred();
  return line + fmt::format("; {} bytes ({}) {}\n", grouped(bytes), human_size(bytes), dry_run ? "to move" : "moved");
}

}  // namespace

Json sync_json(const SyncReport& report, bool dry_run) {
  Json json;
  json.set("dryRun", dry_run);
  json.set("bytesPlanned", report.bytes_planned());
  json.set("bytesTransferred", report.bytes_transferred());
  Json::Array places;
  for (const auto& place : report.places) places.push_back(place_json(place));
  json.set("places", std::move(places));
  return json;
}

std::string sync_table(const SyncReport& report, bool dry_run, bool colour) {
  std::string text;
  for (const auto& place : report.places) text += place_text(place, dry_run, colour);
  return text + sums_line(report, dry_run);
}

int sync_status(const SyncReport& report) {
  SharedStatus status;
  for (const auto& place : report.places) {
    if (place.error) status.add(place.error->code());
    add_errors(status, place.tags.tags);
    for (const auto& one : place.deleted) {
      if (one.error) status.add(one.error->code());
    }
  }
  return status.get();
}

}  // namespace dray::cli
