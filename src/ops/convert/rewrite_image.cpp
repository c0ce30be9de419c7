#include "rewrite_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <dray/format/json_patch.hpp>
#include <string_view>
#include <utility>

#include "../new_layer.hpp"
#include "docker_losses.hpp"
#include "image_types.hpp"

namespace dray::ops {

namespace {

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

std::string_view family_of(ImageTypes to) { return to == ImageTypes::docker ? "Docker's" : "OCI's"; }

/// What it is called by those who made it.
std::string artifact_type(const Manifest& manifest) {
  if (manifest.artifact_type) return manifest.artifact_type->text();
  if (!manifest.config.media_type.is_config()) return manifest.config.media_type.text();
  const auto odd =
      std::ranges::find_if(manifest.layers, [](const auto& layer) { return !layer.media_type.is_layer(); });
  return odd != manifest.layers.end() ? odd->media_type.text() : manifest.media_type.text();
}

// What tools write beside a layer about its compressed bytes. Sources: containers/storage, pkg/chunked;
// stargz-snapshotter, docs/estargz.md.
constexpr std::array<std::string_view, 6> words_on_compressed_bytes{
    "io.github.containers.zstd-chunked.manifest-checksum",
    "io.github.containers.zstd-chunked.manifest-position",
    "io.github.containers.zstd-chunked.tarsplit-checksum",
    "io.github.containers.zstd-chunked.tarsplit-position",
    "containerd.io/snapshot/stargz/toc.digest",
    "io.containers.estargz.uncompressed-size"};

/// Edits one manifest.
class ImageEdit {
 public:
  ImageEdit(RewrittenManifest& manifest, const Manifest& image, JsonPatch& patch, const Wishes& wishes,
            Findings& findings)
      : manifest_(manifest), image_(image), patch_(patch), wishes_(wishes), findings_(findings) {}

  Result<void> run() {
    const auto& root = patch_.root();
    const auto type =
        wishes_.to ? counterpart(image_.media_type, *wishes_.to).value_or(image_.media_type) : image_.media_type;
    if (type != image_.media_type) patch_.set(root, "mediaType", type.text());
    if (to_docker()) losses_.strip(patch_, root, "manifest");
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
  [[nodiscard]] bool to_docker() const { return wishes_.to == ImageTypes::docker; }
  [[nodiscard]] const Digest& digest() const { return manifest_.node.before.digest; }

  Result<void> edit(const JsonSpan& span, const Descriptor& before, Kind kind) {
    if (to_docker()) losses_.strip(patch_, span, kind == Kind::config ? "config" : "layers");
    ConvertedNode node{kind, Fate::kept, before, before};
    const auto form = wishes_.forms.find(before.digest);
    if (kind == Kind::layer && is_image_ && form != wishes_.forms.end()) {
      edit_form(span, form->second, node);
    } else {
      DRAY_TRY_ASSIGN(auto type, type_for(before, kind));
      set_type(span, std::move(type), node);
    }
    manifest_.blobs.push_back(std::move(node));
    return {};
  }

  void set_type(const JsonSpan& span, MediaType type, ConvertedNode& node) {
    if (type == node.before.media_type) return;
    patch_.set(span, "mediaType", type.text());
    node.fate = Fate::changed;
    if (node.reasons.empty()) node.reasons.emplace_back("media type");
    if (node.after) node.after->media_type = std::move(type);
  }

  /// A layer that was compressed anew, or whose type did not say how it is compressed.
  void edit_form(const JsonSpan& span, const NewForm& form, ConvertedNode& node) {
    const auto compression = wishes_.compress.value();
    const auto& before = node.before;
    const bool docker = wishes_.to ? to_docker() : before.media_type.is_docker();
    const bool anew = !form.made || form.made->digest != before.digest;
    if (anew) node.reasons.push_back(fmt::format("compressed anew: {}", name(compression)));
    if (docker && compression == Compression::zstd) has_zstd_ = true;
    set_type(span, layer_type(compression, docker), node);
    if (!anew) return;
    node.fate = form.made ? Fate::changed : Fate::pending;
    if (form.made) {
      patch_.set(span, "digest", form.made->digest.text());
      patch_.set(span, "size", form.made->size);
      node.after->digest = form.made->digest;
      node.after->size = form.made->size;
    } else {
      node.after.reset();
      manifest_.pending = true;
    }
    drop_words_on_old_bytes(span, before);
  }

  void drop_words_on_old_bytes(const JsonSpan& span, const Descriptor& before) {
    if (!to_docker()) patch_.erase(span, "data");
    if (!before.urls.empty()) {
      patch_.erase(span, "urls");
      findings_.warn("urls of layers that were compressed anew are dropped: they lead to the old bytes", digest());
    }
    const auto* annotations = span.find("annotations");
    if (to_docker() || annotations == nullptr) return;
    std::size_t dropped = 0;
    for (const auto key : words_on_compressed_bytes) {
      if (annotations->find(key) == nullptr) continue;
      patch_.erase(*annotations, key);
      ++dropped;
    }
    if (dropped == 0) return;
    if (dropped == annotations->members.size()) patch_.erase(span, "annotations");
    findings_.warn(
        "annotations of layers that were compressed anew are dropped where they are about the old bytes "
        "(zstd:chunked, eStargz)",
        digest());
  }

  Result<MediaType> type_for(const Descriptor& blob, Kind kind) {
    const auto& type = blob.media_type;
    if (!wishes_.to) return type;
    if (auto now = counterpart(type, *wishes_.to)) {
      if (to_docker() && now->compression() == Compression::zstd) has_zstd_ = true;
      return *std::move(now);
    }
    if (to_docker()) {
      return Error(ErrorCode::unsupported,
                   fmt::format("{} of manifest {} is a {}, for which Docker's types have no counterpart",
                               blob.digest.text(), digest().text(), type.text()));
    }
    if (image_.media_type.is_docker()) {
      findings_.warn(fmt::format("a {} keeps its media type, for which OCI's have no counterpart: {}",
                                 kind == Kind::config ? "config" : "layer", type.text()),
                     digest());
    }
    return type;
  }

  void tell(const MediaType& type) {
    losses_.tell(findings_, digest());
    if (has_zstd_) {
      findings_.warn(fmt::format("layers compressed as zstd get the type {}, which is in no document: containerd and "
                                 "BuildKit know it, skopeo and podman refuse it; --compress gzip makes others of them",
                                 media_types::docker_layer_zstd),
                     digest());
    }
    auto& reasons = manifest_.node.reasons;
    const auto count_of = [this](auto&& holds) {
      return static_cast<std::size_t>(std::ranges::count_if(manifest_.blobs, holds));
    };
    const auto is_anew = [](const ConvertedNode& node) {
      return node.fate == Fate::pending || (node.after && node.after->digest != node.before.digest);
    };
    if (type != image_.media_type) {
      reasons.push_back(fmt::format("{} media types", family_of(*wishes_.to)));
    } else if (count_of([&](const auto& node) { return node.fate == Fate::changed && !is_anew(node); }) > 0) {
      reasons.emplace_back("media types of what it names");
    }
    if (const auto anew = count_of(is_anew); anew > 0) {
      reasons.push_back(fmt::format("{} of its {} layers compressed anew", anew, image_.layers.size()));
    }
    if (losses_.any()) reasons.emplace_back("members dropped");
  }

  RewrittenManifest& manifest_;
  const Manifest& image_;
  JsonPatch& patch_;
  const Wishes& wishes_;
  Findings& findings_;
  DockerLosses losses_;
  bool is_image_ = is_image(image_);
  bool has_zstd_ = false;
};

void keep_blobs(RewrittenManifest& manifest, const Manifest& image) {
  if (!image.media_type.is_artifact_manifest()) {
    manifest.blobs.push_back({Kind::config, Fate::kept, image.config, image.config});
  }
  for (const auto& layer : image.layers) manifest.blobs.push_back({Kind::layer, Fate::kept, layer, layer});
}

}  // namespace

bool is_image(const Manifest& manifest) {
  return manifest.media_type.is_manifest() && manifest.config.media_type.is_config() &&
         std::ranges::all_of(manifest.layers, [](const auto& layer) { return layer.media_type.is_layer(); });
}

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

Result<void> rewrite_image(RewrittenManifest& manifest, const Manifest& image, const Wishes& wishes,
                           Findings& findings) {
  const bool to_docker = wishes.to == ImageTypes::docker;
  if (!is_image(image) && (to_docker || image.media_type.is_artifact_manifest())) {
    keep_blobs(manifest, image);
    if (to_docker && !image.media_type.is_docker()) {
      manifest.refused = fmt::format("it is an artifact ({})", artifact_type(image));
    }
    return {};
  }
  DRAY_TRY_ASSIGN(auto patch, JsonPatch::of(manifest.raw.bytes));
  return ImageEdit(manifest, image, patch, wishes, findings).run();
}

}  // namespace dray::ops
