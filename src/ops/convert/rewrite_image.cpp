#include "rewrite_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/format/json_patch.hpp>
#include <string_view>
#include <utility>

#include "docker_losses.hpp"
#include "image_types.hpp"

namespace dray::ops {

namespace {

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

std::string_view family_of(ImageTypes to) { return to == ImageTypes::docker ? "Docker's" : "OCI's"; }

bool is_image(const Manifest& manifest) {
  return manifest.media_type.is_manifest() && manifest.config.media_type.is_config() &&
         std::ranges::all_of(manifest.layers, [](const auto& layer) { return layer.media_type.is_layer(); });
}

/// What it is called by those who made it.
std::string artifact_type(const Manifest& manifest) {
  if (manifest.artifact_type) return manifest.artifact_type->text();
  if (!manifest.config.media_type.is_config()) return manifest.config.media_type.text();
  const auto odd =
      std::ranges::find_if(manifest.layers, [](const auto& layer) { return !layer.media_type.is_layer(); });
  return odd != manifest.layers.end() ? odd->media_type.text() : manifest.media_type.text();
}

/// Edits one manifest.
class ImageEdit {
 public:
  ImageEdit(RewrittenManifest& manifest, const Manifest& image, JsonPatch& patch, ImageTypes to, Findings& findings)
      : manifest_(manifest), image_(image), patch_(patch), to_(to), findings_(findings) {}

  Result<void> run() {
    const auto& root = patch_.root();
    const auto type = counterpart(image_.media_type, to_).value_or(image_.media_type);
    if (type != image_.media_type) patch_.set(root, "mediaType", type.text());
    if (to_ == ImageTypes::docker) losses_.strip(patch_, root, "manifest");
    if (const auto* config = root.find("config")) DRAY_TRY(edit(*config, image_.config, Kind::config));
    const auto* layers = root.find(image_.media_type.is_artifact_manifest() ? "blobs" : "layers");
    for (std::size_t i = 0; i < image_.layers.size(); ++i) {
      DRAY_TRY(edit(layers->elements.at(i), image_.layers[i], Kind::layer));
    }
    tell(type);
    if (patch_.changes()) put_bytes(manifest_, patch_.text(), type);
    return {};
  }

 private:
  Result<void> edit(const JsonSpan& span, const Descriptor& before, Kind kind) {
    if (to_ == ImageTypes::docker) losses_.strip(patch_, span, kind == Kind::config ? "config" : "layers");
    ConvertedNode node{kind, Fate::kept, before, before};
    DRAY_TRY_ASSIGN(auto type, type_for(before, kind));
    if (type != before.media_type) {
      patch_.set(span, "mediaType", type.text());
      node.fate = Fate::changed;
      node.reasons.emplace_back("media type");
      node.after->media_type = std::move(type);
    }
    manifest_.blobs.push_back(std::move(node));
    return {};
  }

  Result<MediaType> type_for(const Descriptor& blob, Kind kind) {
    const auto& type = blob.media_type;
    if (auto now = counterpart(type, to_)) {
      if (to_ == ImageTypes::docker && now->compression() == Compression::zstd) has_zstd_ = true;
      return *std::move(now);
    }
    if (to_ == ImageTypes::docker) {
      return Error(ErrorCode::unsupported,
                   fmt::format("{} of manifest {} is a {}, for which Docker's types have no counterpart",
                               blob.digest.text(), manifest_.node.before.digest.text(), type.text()));
    }
    if (image_.media_type.is_docker()) {
      findings_.warn(fmt::format("a {} keeps its media type, for which OCI's have no counterpart: {}",
                                 kind == Kind::config ? "config" : "layer", type.text()),
                     manifest_.node.before.digest);
    }
    return type;
  }

  void tell(const MediaType& type) {
    const auto& digest = manifest_.node.before.digest;
    losses_.tell(findings_, digest);
    if (has_zstd_) {
      findings_.warn(fmt::format("layers compressed as zstd get the type {}, which is in no document: containerd and "
                                 "BuildKit know it, skopeo and podman refuse it",
                                 media_types::docker_layer_zstd),
                     digest);
    }
    if (type != image_.media_type) manifest_.node.reasons.push_back(fmt::format("{} media types", family_of(to_)));
    const bool types = std::ranges::any_of(manifest_.blobs, [](const auto& node) { return node.fate != Fate::kept; });
    if (types && type == image_.media_type) {
      manifest_.node.reasons.push_back(fmt::format("{} media types for what it names", family_of(to_)));
    }
    if (losses_.any()) manifest_.node.reasons.emplace_back("members dropped");
  }

  RewrittenManifest& manifest_;
  const Manifest& image_;
  JsonPatch& patch_;
  ImageTypes to_;
  Findings& findings_;
  DockerLosses losses_;
  bool has_zstd_ = false;
};

void keep_blobs(RewrittenManifest& manifest, const Manifest& image) {
  if (!image.media_type.is_artifact_manifest()) {
    manifest.blobs.push_back({Kind::config, Fate::kept, image.config, image.config});
  }
  for (const auto& layer : image.layers) manifest.blobs.push_back({Kind::layer, Fate::kept, layer, layer});
}

}  // namespace

void put_bytes(RewrittenManifest& manifest, std::string bytes, const MediaType& type) {
  auto& raw = manifest.raw;
  raw.bytes = std::move(bytes);
  raw.descriptor = {type, Digest::of(as_bytes(raw.bytes)), raw.bytes.size()};
  auto& node = manifest.node;
  node.fate = Fate::changed;
  node.after->media_type = type;
  node.after->digest = raw.descriptor.digest;
  node.after->size = raw.descriptor.size;
}

Result<void> rewrite_image(RewrittenManifest& manifest, const Manifest& image, ImageTypes to, Findings& findings) {
  if (!is_image(image) && (to == ImageTypes::docker || image.media_type.is_artifact_manifest())) {
    keep_blobs(manifest, image);
    if (to == ImageTypes::docker && !image.media_type.is_docker()) {
      manifest.refused = fmt::format("it is an artifact ({})", artifact_type(image));
    }
    return {};
  }
  DRAY_TRY_ASSIGN(auto patch, JsonPatch::of(manifest.raw.bytes));
  return ImageEdit(manifest, image, patch, to, findings).run();
}

}  // namespace dray::ops
