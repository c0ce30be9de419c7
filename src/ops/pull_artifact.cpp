#include <algorithm>
#include <dray/ops/artifact.hpp>
#include <dray/ops/pull_artifact.hpp>
#include <dray/ops/select.hpp>
#include <map>
#include <utility>

#include "bring.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

using Standing = FileFolder::Standing;
using Existing = FileFolder::Existing;

/// An artifact on its own is taken whatever platform this is; only an index needs a choice.
Result<SelectedImage> artifact_of(ContentSource& source, const ManifestName& name,
                                  const std::optional<Platform>& platform, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto fetched, fetch_manifest(source, name, stop));
  auto* const manifest = std::get_if<Manifest>(&fetched.parsed);
  if (manifest == nullptr) return select_image(source, name, platform, stop);
  return SelectedImage{std::move(fetched.raw), std::move(*manifest), {}, {}, {}};
}

Result<PullArtifactReport> list_files(const SelectedImage& artifact, const std::string& where) {
  const auto& manifest = artifact.manifest;
  PullArtifactReport report{.artifact = artifact.raw.descriptor,
                            .artifact_type = manifest.artifact_type.value_or(manifest.config.media_type)};
  std::vector<FileTitle> titles;
  for (const auto& layer : manifest.layers) {
    DRAY_TRY_ASSIGN(auto title, FileTitle::of(layer));
    if (title) {
      titles.push_back(*title);
      report.files.push_back({*std::move(title), layer});
    } else if (layer.media_type != media_types::oci_empty) {
      report.untitled.push_back(layer);
    }
  }
  DRAY_TRY(check_titles(std::move(titles)));
  if (!report.files.empty()) return report;
  return Error(ErrorCode::not_found, where +
                                         " has no files with a title; `dray pull` brings it to a layout, `dray blob "
                                         "get` fetches single layers");
}

/// Finds out which files are to be written.
Result<void> compare(const FileFolder& folder, std::vector<PulledFile>& files, const PullArtifactOptions& options,
                     const std::stop_token& stop) {
  for (auto& file : files) {
    DRAY_TRY_ASSIGN(const auto standing, folder.look_at(file.title, file.blob, stop));
    if (standing == Standing::other && !options.force) {
      return Error(ErrorCode::conflict,
                   folder.describe() + "/" + file.title.text() +
                       " is there with other bytes; --force replaces it, or choose another folder");
    }
    file.written = standing != Standing::same;
  }
  return {};
}

struct Wanted {
  Descriptor blob;
  std::vector<FileTitle> titles;
};

/// What is to be fetched: each digest once.
std::vector<Wanted> wanted_of(const std::vector<PulledFile>& files) {
  std::vector<Wanted> wanted;
  std::map<Digest, std::size_t> positions;
  for (const auto& file : files) {
    if (!file.written) continue;
    const auto [at, is_new] = positions.try_emplace(file.blob.digest, wanted.size());
    if (is_new) wanted.push_back({file.blob, {}});
    wanted[at->second].titles.push_back(file.title);
  }
  return wanted;
}

Result<std::uint64_t> write_files(ContentSource& source, FileFolder& folder, const std::vector<Wanted>& wanted,
                                  const PullArtifactOptions& options, const std::stop_token& stop) {
  std::vector<Descriptor> blobs;
  for (const auto& one : wanted) blobs.push_back(one.blob);
  DRAY_TRY_ASSIGN(const auto brought, bring(source, blobs, folder, options.copy, stop));
  for (const auto& one : wanted) {
    DRAY_TRY(folder.publish(one.blob, one.titles, options.force ? Existing::replace : Existing::keep, stop));
  }
  DRAY_TRY(folder.finish(stop));
  return brought.bytes_transferred;
}

}  // namespace

Result<PullArtifactReport> pull_artifact(ContentSource& source, const ManifestName& name,
                                         const FolderOpener& open_folder, const PullArtifactOptions& options,
                                         const std::stop_token& stop) {
  const auto where = full_name(source, name);
  DRAY_TRY_ASSIGN(const auto artifact, artifact_of(source, name, options.platform, stop));
  auto report = list_files(artifact, where);
  if (!report) return std::move(report).error().context(where);
  DRAY_TRY_ASSIGN(const auto folder, open_folder());
  DRAY_TRY(compare(*folder, report->files, options, stop));
  DRAY_TRY_ASSIGN(report->bytes_transferred, write_files(source, *folder, wanted_of(report->files), options, stop));
  return report;
}

}  // namespace dray::ops
