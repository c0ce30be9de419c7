#include "rewrite_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/image_config.hpp>
#include <dray/format/json_patch.hpp>
#include <dray/store/verify.hpp>
#include <string_view>
#include <utility>

#include "../attestation.hpp"
#include "docker_losses.hpp"
#include "image_types.hpp"
#include "rewrite_image.hpp"

namespace dray::ops {

namespace {

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

constexpr std::string_view buildkit_subject = "vnd.docker.reference.digest";

/// What the image says of itself; nullopt where it is no image or does not say it.
Result<std::optional<Platform>> platform_of(const RewrittenManifest& child, ContentSource& source,
                                            const std::stop_token& stop) {
  const auto config = std::ranges::find(child.blobs, Kind::config, &ConvertedNode::kind);
  if (config == child.blobs.end() || !config->before.media_type.is_config()) return std::optional<Platform>();
  DRAY_TRY_ASSIGN(const auto bytes, read_blob(source, config->before, limits::max_config_bytes, stop));
  auto parsed = ImageConfig::parse(bytes);
  if (!parsed) return std::move(parsed).error().context("config " + config->before.digest.text());
  if (parsed->platform.os.empty() || parsed->platform.architecture.empty()) return std::optional<Platform>();
  return std::optional<Platform>(std::move(parsed->platform));
}

/// Edits one index.
class IndexEdit {
 public:
  IndexEdit(RewrittenManifest& manifest, const Index& index, JsonPatch& patch, std::optional<ImageTypes> to,
            const RewrittenGraph& done, Findings& findings)
      : manifest_(manifest), index_(index), patch_(patch), to_(to), done_(done), findings_(findings) {}

  Result<void> run(ContentSource& source, const std::stop_token& stop) {
    const auto& root = patch_.root();
    const auto type = wanted_type(index_.media_type);
    if (type != index_.media_type) {
      patch_.set(root, "mediaType", type.text());
      manifest_.node.reasons.emplace_back(to_ == ImageTypes::docker ? "Docker's media types" : "OCI's media types");
    }
    if (to_ == ImageTypes::docker) losses_.strip(patch_, root, "index");
    const auto& spans = root.find("manifests")->elements;
    for (std::size_t i = 0; i < index_.manifests.size(); ++i) {
      DRAY_TRY(edit_entry(i, spans.at(i), source, stop));
    }
    tell();
    if (patch_.changes()) put_bytes(manifest_, patch_.text(), type);
    return {};
  }

 private:
  [[nodiscard]] MediaType wanted_type(const MediaType& type) const {
    return to_ ? counterpart(type, *to_).value_or(type) : type;
  }

  Result<void> edit_entry(std::size_t at, const JsonSpan& span, ContentSource& source, const std::stop_token& stop) {
    const auto& entry = index_.manifests[at];
    const auto child = done_.find(entry.digest);
    if (child == done_.end()) return edit_blob(at, span);
    manifest_.children.push_back(entry.digest);
    if (auto why = refusal(entry, child->second); !why.empty()) {
      findings_.warn(why, entry.digest);
      patch_.erase_element(*patch_.root().find("manifests"), at);
      ++dropped_;
      return {};
    }
    manifest_.kept_children.push_back(entry.digest);
    follow(span, entry, child->second);
    if (to_ == ImageTypes::oci) return drop_features(span);
    if (!to_) return {};
    losses_.strip(patch_, span, "entries of the index");
    if (child->second.node.kind == Kind::index) {
      findings_.warn("the list has a list inside, which docker does not follow", manifest_.node.before.digest);
    }
    if (!entry.platform) DRAY_TRY(add_platform(span, child->second, source, stop));
    return {};
  }

  /// Why an entry cannot stay; empty where it can.
  [[nodiscard]] std::string refusal(const Descriptor& entry, const RewrittenManifest& child) const {
    if (to_ != ImageTypes::docker) return {};
    if (is_attestation(entry)) {
      return "attestations (provenance, bills of materials) are dropped, as Docker's lists cannot tell them from "
             "images";
    }
    if (child.refused.empty()) return {};
    return fmt::format("an entry of the index is dropped, as Docker's types hold images alone: {}", child.refused);
  }

  /// BuildKit's cache is an index of layers and a config.
  Result<void> edit_blob(std::size_t at, const JsonSpan& span) {
    const auto& entry = index_.manifests[at];
    ConvertedNode node{entry.media_type.is_layer() ? Kind::layer : Kind::other, Fate::kept, entry, entry};
    if (to_ == ImageTypes::docker) {
      findings_.warn(fmt::format("an entry of the index is dropped, as Docker's types hold images alone: it is a {}",
                                 entry.media_type.text()),
                     entry.digest);
      patch_.erase_element(*patch_.root().find("manifests"), at);
      ++dropped_;
      node.fate = Fate::dropped;
      node.after.reset();
    } else if (auto type = wanted_type(entry.media_type); type != entry.media_type) {
      patch_.set(span, "mediaType", type.text());
      node.fate = Fate::changed;
      node.reasons.emplace_back("media type");
      node.after->media_type = std::move(type);
    }
    manifest_.blobs.push_back(std::move(node));
    return {};
  }

  void follow(const JsonSpan& span, const Descriptor& entry, const RewrittenManifest& child) {
    const auto& now = child.raw.descriptor;
    manifest_.pending = manifest_.pending || child.pending;
    if (now.digest != entry.digest) {
      patch_.set(span, "digest", now.digest.text());
      patch_.set(span, "size", now.size);
      if (to_ != ImageTypes::docker) patch_.erase(span, "data");  // the old bytes
      ++followed_;
    }
    if (now.media_type != entry.media_type && now.digest != entry.digest) {
      patch_.set(span, "mediaType", now.media_type.text());
    }
    if (to_ != ImageTypes::docker) follow_subject(span, entry);
  }

  /// An attestation says in an annotation of its entry which image it is about.
  void follow_subject(const JsonSpan& span, const Descriptor& entry) {
    const auto* annotations = span.find("annotations");
    const auto about = entry.annotations.find(std::string(buildkit_subject));
    if (annotations == nullptr || about == entry.annotations.end()) return;
    const auto subject = Digest::parse(about->second);
    if (!subject) return;
    const auto now = done_.find(*subject);
    if (now == done_.end() || now->second.raw.descriptor.digest == *subject) return;
    patch_.set(*annotations, buildkit_subject, now->second.raw.descriptor.digest.text());
    findings_.warn("attestations are kept, but what they state is about the digests that the images had before",
                   entry.digest);
  }

  Result<void> drop_features(const JsonSpan& span) {
    const auto* platform = span.find("platform");
    if (platform == nullptr || platform->find("features") == nullptr) return {};
    patch_.erase(*platform, "features");
    findings_.warn("platform.features of the index's entries are dropped, as OCI's types do not have them",
                   manifest_.node.before.digest);
    return {};
  }

  Result<void> add_platform(const JsonSpan& span, const RewrittenManifest& child, ContentSource& source,
                            const std::stop_token& stop) {
    DRAY_TRY_ASSIGN(auto platform, platform_of(child, source, stop));
    if (!platform) {
      findings_.warn(
          "an entry of the list has no platform, which Docker asks for: neither the index nor a config says it",
          child.node.before.digest);
      return {};
    }
    auto entry = child.raw.descriptor;
    entry.platform = std::move(platform);
    patch_.set(span, "platform", *to_json(entry).find("platform"));
    return {};
  }

  void tell() {
    losses_.tell(findings_, manifest_.node.before.digest);
    auto& reasons = manifest_.node.reasons;
    if (followed_ > 0) reasons.push_back(fmt::format("{} of its manifests changed", followed_));
    if (dropped_ > 0) reasons.push_back(fmt::format("{} of its entries dropped", dropped_));
    if (losses_.any()) reasons.emplace_back("members dropped");
    if (dropped_ > 0 && dropped_ == index_.manifests.size()) manifest_.refused = "none of its entries is an image";
  }

  RewrittenManifest& manifest_;
  const Index& index_;
  JsonPatch& patch_;
  std::optional<ImageTypes> to_;
  const RewrittenGraph& done_;
  Findings& findings_;
  DockerLosses losses_;
  std::size_t followed_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace

Result<void> rewrite_index(RewrittenManifest& manifest, const Index& index, std::optional<ImageTypes> to,
                           const RewrittenGraph& done, ContentSource& source, Findings& findings,
                           const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto patch, JsonPatch::of(manifest.raw.bytes));
  return IndexEdit(manifest, index, patch, to, done, findings).run(source, stop);
}

}  // namespace dray::ops
