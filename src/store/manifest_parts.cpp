#include "manifest_parts.hpp"

namespace dray {
namespace {

bool is_foreign(const Descriptor& layer) {
  return !layer.urls.empty() || layer.media_type.text().find("nondistributable") != std::string::npos ||
         layer.media_type.text().find("foreign") != std::string::npos;
}

std::string layer_name(std::size_t index) { return "layer " + std::to_string(index + 1); }

}  // namespace

std::vector<NamedBlob> blobs_of(const AnyManifest& manifest) {
  std::vector<NamedBlob> found;
  if (const auto* const image = std::get_if<Manifest>(&manifest)) {
    // The withdrawn artifact manifest has no config: the empty one that stands for it carries its own bytes.
    found.push_back({.digest = image->config.digest,
                     .what = "the config",
                     .size = image->config.size,
                     .foreign = image->config.data.has_value()});
    for (std::size_t i = 0; i < image->layers.size(); ++i) {
      const auto& layer = image->layers[i];
      found.push_back(
          {.digest = layer.digest, .what = layer_name(i), .size = layer.size, .foreign = is_foreign(layer)});
    }
  } else if (const auto* const old = std::get_if<Schema1>(&manifest)) {
    for (std::size_t i = 0; i < old->layers.size(); ++i) {
      found.push_back({.digest = old->layers[i], .what = layer_name(i)});
    }
  }
  return found;
}

std::vector<Digest> entries_of(const AnyManifest& manifest) {
  std::vector<Digest> found;
  if (const auto* const index = std::get_if<Index>(&manifest)) {
    for (const auto& entry : index->manifests) found.push_back(entry.digest);
  }
  return found;
}

std::optional<Digest> subject_of(const AnyManifest& manifest) {
  const std::optional<Descriptor>* subject = nullptr;
  if (const auto* const image = std::get_if<Manifest>(&manifest)) subject = &image->subject;
  if (const auto* const index = std::get_if<Index>(&manifest)) subject = &index->subject;
  if (subject == nullptr || !*subject) return std::nullopt;
  return (*subject)->digest;
}

}  // namespace dray
