#include "render.hpp"

#include "text.hpp"

namespace dray::cli {

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json texts(const std::vector<std::string>& values) {
  Json::Array array;
  for (const auto& value : values) array.emplace_back(value);
  return array;
}

Json text_map(const std::map<std::string, std::string>& values) {
  Json::Object object;
  for (const auto& [key, value] : values) object.push_back({key, Json(value)});
  return object;
}

Json platform_json(const std::optional<Platform>& platform) {
  if (!platform) return {};
  Json json;
  json.set("os", platform->os);
  json.set("architecture", platform->architecture);
  if (!platform->variant.empty()) json.set("variant", platform->variant);
  if (!platform->os_version.empty()) json.set("os.version", platform->os_version);
  if (!platform->os_features.empty()) json.set("os.features", texts(platform->os_features));
  return json;
}

Json descriptor_json(const Descriptor& descriptor) {
  Json json;
  json.set("mediaType", descriptor.media_type.text());
  json.set("digest", descriptor.digest.text());
  json.set("size", descriptor.size);
  if (!descriptor.urls.empty()) json.set("urls", texts(descriptor.urls));
  if (descriptor.platform) json.set("platform", platform_json(descriptor.platform));
  if (!descriptor.annotations.empty()) json.set("annotations", text_map(descriptor.annotations));
  return json;
}

Json layer_row_json(const ops::LayerRow& row) {
  auto json = descriptor_json(row.layer);
  json.set("diffId", row.diff_id ? Json(row.diff_id->digest().text()) : Json());
  json.set("createdBy", row.history ? text_or_null(row.history->created_by) : Json());
  json.set("created", row.history ? text_or_null(row.history->created) : Json());
  return json;
}

namespace {

std::string_view name(ops::PlannedBlob::From from) {
  switch (from) {
    case ops::PlannedBlob::From::present:
      return "present";
    case ops::PlannedBlob::From::mount:
      return "mount";
    case ops::PlannedBlob::From::source:
      return "source";
    case ops::PlannedBlob::From::urls:
      return "urls";
    case ops::PlannedBlob::From::left:
      return "left";
  }
  return "source";
}

}  // namespace

Json referrers_sums_json(const ops::ReferrersSums& sums) {
  Json json;
  json.set("copied", sums.copied);
  json.set("tags", sums.tags);
  json.set("present", sums.present);
  Json::Array missing;
  for (const auto& digest : sums.missing) missing.emplace_back(digest.text());
  json.set("missing", std::move(missing));
  return json;
}

std::string referrers_line(const ops::ReferrersSums& sums) {
  if (sums.copied + sums.tags + sums.present == 0 && sums.missing.empty()) return {};
  auto line = counted(sums.copied, "referrer");
  if (sums.tags > 0) line += ", " + counted(sums.tags, "cosign tag");
  if (sums.present > 0) line += "; " + std::to_string(sums.present) + " already there";
  if (!sums.missing.empty()) line += "; " + std::to_string(sums.missing.size()) + " listed but not there";
  return line;
}

Json copy_report_json(const ops::CopyReport& report, bool dry_run) {
  Json json;
  json.set("digest", report.copied.digest.text());
  json.set("mediaType", report.copied.media_type.text());
  json.set("size", report.copied.size);
  json.set("resolvedDigest", report.resolved.digest.text());
  json.set("reasons", texts(report.reasons));
  json.set("kept", false);
  json.set("dryRun", dry_run);
  json.set("manifests", report.manifests);
  json.set("bytesPlanned", report.bytes_planned);
  json.set("bytesTransferred", report.bytes_transferred);
  json.set("referrers", referrers_sums_json(report.referrers));
  Json::Array blobs;
  for (const auto& planned : report.blobs) {
    auto blob = descriptor_json(planned.blob);
    blob.set("from", name(planned.from));
    blobs.push_back(std::move(blob));
  }
  json.set("blobs", std::move(blobs));
  return json;
}

std::string layer_kind(const MediaType& type) {
  std::string kind = type.compression() == Compression::none      ? "tar"
                     : type.compression() == Compression::unknown ? type.text()
                                                                  : std::string(dray::name(type.compression()));
  if (type.is_foreign()) kind += ", foreign";
  return kind;
}

std::string manifest_kind(const MediaType& type) {
  if (type == media_types::oci_index) return "image index (OCI)";
  if (type == media_types::docker_index) return "manifest list (Docker)";
  if (type == media_types::oci_manifest) return "image manifest (OCI)";
  if (type == media_types::docker_manifest) return "image manifest (Docker v2.2)";
  if (type.is_schema1()) return "schema 1 manifest (Docker, outdated)";
  if (type.is_artifact_manifest()) return "artifact manifest (withdrawn)";
  return type.text();
}

std::string step_text(const std::string& created_by) {
  constexpr std::string_view shell = "/bin/sh -c ";
  constexpr std::string_view no_op = "#(nop) ";
  std::string_view text = created_by;
  if (text.starts_with(shell)) text.remove_prefix(shell.size());
  if (text.starts_with(no_op)) text.remove_prefix(no_op.size());
  while (text.starts_with(' ')) text.remove_prefix(1);
  return std::string(text);
}

}  // namespace dray::cli
