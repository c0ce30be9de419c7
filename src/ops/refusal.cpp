#include "refusal.hpp"

#include <algorithm>
#include <dray/format/manifest.hpp>
#include <utility>
#include <variant>

namespace dray::ops {

Error explain_refusal(Error error, const RawManifest& manifest) {
  const bool says_why = error.code() == ErrorCode::unauthorized || error.code() == ErrorCode::denied ||
                        error.code() == ErrorCode::rate_limited;
  if (error.peer_status() < 400 || says_why) return error;
  const auto parsed = parse_manifest(manifest.bytes, manifest.descriptor.media_type.text());
  const auto* image = parsed ? std::get_if<Manifest>(&*parsed) : nullptr;
  if (image == nullptr) return error;
  const bool foreign = std::ranges::any_of(image->layers, [](const Descriptor& layer) { return !layer.urls.empty(); });
  if (!foreign) return error;
  Error explained(error.code(), error.message() +
                                    "; the manifest has layers with urls (foreign layers), which this registry may not "
                                    "allow: see its settings, or leave those platforms out with --platform");
  return std::move(explained).with_peer(error.peer_status(), error.peer_words());
}

}  // namespace dray::ops
