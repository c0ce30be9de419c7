#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
#include <dray/format/manifest.hpp>
#include <dray/store/verify.hpp>
#include <utility>
#include <variant>

#include "recompress.hpp"
#include "rewrite_image.hpp"

namespace dray::ops {

namespace {

/// Collects the work, each layer once.
class WorkList {
 public:
  WorkList(ContentSource& source, Compression wanted, Findings& findings, const std::stop_token& stop)
      : source_(source), wanted_(wanted), findings_(findings), stop_(stop) {}

  Result<void> add(const Manifest& image, const Digest& manifest) {
    const bool any = std::ranges::any_of(image.layers, [&](const auto& layer) { return is_wanted(layer); });
    if (std::ranges::any_of(image.layers, [&](const auto& layer) { return stays_foreign(layer); })) {
      findings_.warn("foreign layers stay compressed as they are, as their bytes lie behind URLs", manifest);
    }
    if (!any) return {};
    DRAY_TRY_ASSIGN(const auto diff_ids, diff_ids_of(image, manifest));
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      if (is_wanted(image.layers[i])) DRAY_TRY(add_layer(image.layers[i], diff_ids[i]));
    }
    return {};
  }
  [[nodiscard]] std::vector<LayerWork> take() && { return std::move(work_); }

 private:
  [[nodiscard]] bool is_wanted(const Descriptor& layer) const {
    return !layer.media_type.is_foreign() && layer.media_type.compression() != wanted_;
  }
  [[nodiscard]] bool stays_foreign(const Descriptor& layer) const {
    return layer.media_type.is_foreign() && layer.media_type.compression() != wanted_;
  }

  Result<std::vector<DiffId>> diff_ids_of(const Manifest& image, const Digest& manifest) {
    DRAY_TRY_ASSIGN(const auto bytes, read_blob(source_, image.config, limits::max_config_bytes, stop_));
    auto config = ImageConfig::parse(bytes);
    if (!config) return std::move(config).error().context("config " + image.config.digest.text());
    if (config->diff_ids.size() == image.layers.size()) return std::move(config->diff_ids);
    return Error(ErrorCode::invalid_input,
                 fmt::format("manifest {} has {} layers, but its config has diff IDs for {}: the layers cannot be "
                             "checked",
                             manifest.text(), image.layers.size(), config->diff_ids.size()));
  }

  Result<void> add_layer(const Descriptor& layer, const DiffId& diff_id) {
    const auto [at, is_new] = positions_.try_emplace(layer.digest, work_.size());
    if (is_new) {
      work_.push_back({layer, diff_id});
      return {};
    }
    auto& known = work_[at->second];
    if (!known.layer.data) known.layer.data = layer.data;
    if (known.layer.urls.empty()) known.layer.urls = layer.urls;
    if (known.diff_id == diff_id) return {};
    return Error(ErrorCode::invalid_input, fmt::format("layer {} has the diff ID {} in one config and {} in another",
                                                       layer.digest.text(), known.diff_id.text(), diff_id.text()));
  }

  ContentSource& source_;
  const Compression wanted_;
  Findings& findings_;
  const std::stop_token& stop_;
  std::vector<LayerWork> work_;
  std::map<Digest, std::size_t> positions_;
};

}  // namespace

Result<std::vector<LayerWork>> layers_to_compress(const Graph& graph, ContentSource& source, Compression wanted,
                                                  Findings& findings, const std::stop_token& stop) {
  WorkList list(source, wanted, findings, stop);
  for (const auto& node : graph.manifests) {
    const auto parsed = parse_manifest(node.raw.bytes, node.raw.descriptor.media_type.text());
    const auto* image = parsed ? std::get_if<Manifest>(&*parsed) : nullptr;
    if (image != nullptr && is_image(*image)) DRAY_TRY(list.add(*image, node.raw.descriptor.digest));
  }
  return std::move(list).take();
}

}  // namespace dray::ops
