#include <algorithm>
#include <atomic>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/inspect.hpp>
#include <dray/store/verify.hpp>
#include <map>

#include "attestation.hpp"
#include "naming.hpp"
#include "sums.hpp"

namespace dray::ops {

namespace {

Result<ImageSummary> summarise_image(ContentSource& source, RawManifest raw, Manifest manifest,
                                     const InspectOptions& options, const std::stop_token& stop) {
  ImageSummary summary{std::move(raw), std::move(manifest), std::nullopt, {}, 0};
  summary.total_size = summary.manifest.total_size();
  if (options.config && summary.manifest.config.media_type.is_config()) {
    DRAY_TRY_ASSIGN(const auto bytes, read_blob(source, summary.manifest.config, limits::max_config_bytes, stop));
    auto config = ImageConfig::parse(bytes);
    if (!config) {
      return std::move(config).error().context("config " + summary.manifest.config.digest.text());
    }
    summary.config = std::move(config).value();
  }
  summary.layers = layer_rows(summary.manifest, summary.config ? &*summary.config : nullptr);
  return summary;
}

/// What the sums need to know of an image: little, since an index can name very many.
struct Member {
  std::uint64_t total_size = 0;
  std::vector<std::pair<Digest, std::uint64_t>> blobs;
};
/// Those that an index names, each once; nullopt for what is no image's manifest or is not there.
using Members = std::map<Digest, std::optional<Member>>;

bool has_size(const IndexSummary::Entry& entry) {
  return !entry.attestation && !entry.descriptor.media_type.is_index();
}

Member member_of(const Manifest& manifest) {
  Member member{manifest.total_size(), {{manifest.config.digest, manifest.config.size}}};
  for (const auto& layer : manifest.layers) member.blobs.emplace_back(layer.digest, layer.size);
  return member;
}

Result<Members> fetch_members(ContentSource& source, const IndexSummary& summary, const std::stop_token& stop) {
  Members members;
  for (const auto& entry : summary.entries) {
    if (has_size(entry)) members.try_emplace(entry.descriptor.digest);
  }
  std::atomic<std::uint64_t> bytes = 0;
  TaskGroup group(limits::max_connections, stop);
  for (auto& [digest, member] : members) {
    group.run([&source, &bytes, &name = digest, &into = member](const std::stop_token& group_stop) -> Result<void> {
      auto fetched = fetch_manifest(source, name, group_stop);
      if (!fetched) {
        // An index may name images that its place does not hold.
        if (fetched.error().code() == ErrorCode::not_found) return {};
        return std::move(fetched).error();
      }
      if ((bytes += fetched->raw.bytes.size()) > limits::max_graph_bytes) {
        return Error(ErrorCode::limit_exceeded, "the manifests below this name have more than " +
                                                    std::to_string(limits::max_graph_bytes) +
                                                    " bytes; choose one with a platform");
      }
      if (const auto* manifest = std::get_if<Manifest>(&fetched->parsed)) into = member_of(*manifest);
      return {};
    });
  }
  DRAY_TRY(group.wait());
  return members;
}

Result<void> add_sizes(ContentSource& source, IndexSummary& summary, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto members, fetch_members(source, summary, stop));
  std::uint64_t sum = 0;
  bool complete = true;
  std::map<Digest, std::uint64_t> blobs;
  for (auto& entry : summary.entries) {
    if (entry.attestation) continue;
    const auto found = members.find(entry.descriptor.digest);
    if (!has_size(entry) || found == members.end() || !found->second) {
      complete = false;
      continue;
    }
    entry.size = found->second->total_size;
    add_capped(sum, *entry.size);
  }
  if (!complete) return {};
  for (const auto& [digest, member] : members) blobs.insert(member->blobs.begin(), member->blobs.end());
  summary.sum_size = sum;
  summary.unique_size = 0;
  for (const auto& [digest, size] : blobs) add_capped(*summary.unique_size, size);
  return {};
}

}  // namespace

std::vector<LayerRow> layer_rows(const Manifest& manifest, const ImageConfig* config) {
  std::vector<LayerRow> rows;
  rows.reserve(manifest.layers.size());
  for (const auto& layer : manifest.layers) rows.push_back({layer, std::nullopt, std::nullopt});
  if (config == nullptr) return rows;
  if (config->diff_ids.size() == rows.size()) {
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].diff_id = config->diff_ids[i];
  }
  const auto steps = std::ranges::count_if(config->history, [](const auto& step) { return !step.empty_layer; });
  if (static_cast<std::size_t>(steps) == rows.size()) {
    auto row = rows.begin();
    for (const auto& step : config->history) {
      if (!step.empty_layer) (row++)->history = step;
    }
  }
  return rows;
}

Result<Inspection> inspect(ContentSource& source, const ManifestName& name, const InspectOptions& options,
                           const std::stop_token& stop) {
  if (options.platform) {
    DRAY_TRY_ASSIGN(auto image, select_image(source, name, options.platform, stop));
    DRAY_TRY_ASSIGN(auto summary,
                    summarise_image(source, std::move(image.raw), std::move(image.manifest), options, stop));
    return Inspection(std::move(summary));
  }
  DRAY_TRY_ASSIGN(auto fetched, fetch_manifest(source, name, stop));
  if (auto* manifest = std::get_if<Manifest>(&fetched.parsed)) {
    DRAY_TRY_ASSIGN(auto summary, summarise_image(source, std::move(fetched.raw), std::move(*manifest), options, stop));
    return Inspection(std::move(summary));
  }
  if (auto* schema1 = std::get_if<Schema1>(&fetched.parsed)) {
    return Inspection(Schema1Summary{std::move(fetched.raw), std::move(*schema1)});
  }
  IndexSummary summary{std::move(fetched.raw), std::get<Index>(std::move(fetched.parsed)), {}, {}, {}};
  for (const auto& entry : summary.index.manifests) {
    summary.entries.push_back({entry, is_attestation(entry), std::nullopt});
  }
  if (options.sizes) {
    DRAY_TRY(add_sizes(source, summary, stop));
  }
  return Inspection(std::move(summary));
}

}  // namespace dray::ops
