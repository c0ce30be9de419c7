#include "refusal.hpp"

#include <algorithm>
#include <dray/format/manifest.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace dray::ops {
namespace {

/// The peer said no without a reason of its own that would explain it.
bool is_unexplained(const Error& error) {
  const bool says_why = error.code() == ErrorCode::unauthorized || error.code() == ErrorCode::denied ||
                        error.code() == ErrorCode::rate_limited;
  return error.peer_status() >= 400 && !says_why;
}

Error with_hint(const Error& error, std::string_view hint) {
  return Error(error.code(), error.message() + "; " + std::string(hint))
      .with_peer(error.peer_status(), error.peer_words());
}

}  // namespace

Error explain_refusal(Error error, const RawManifest& manifest) {
  if (!is_unexplained(error)) return error;
  const auto parsed = parse_manifest(manifest.bytes, manifest.descriptor.media_type.text());
  const auto* image = parsed ? std::get_if<Manifest>(&*parsed) : nullptr;
  if (image == nullptr) return error;
  const bool foreign = std::ranges::any_of(image->layers, [](const Descriptor& layer) { return !layer.urls.empty(); });
  if (!foreign) return error;
  return with_hint(error,
                   "the manifest has layers with urls (foreign layers), which this registry may not allow: see its "
                   "settings (distribution: validation.manifests.urls.allow), or leave those platforms out with "
                   "--platform");
}

Error explain_refused_gaps(Error error) {
  if (!is_unexplained(error)) return error;
  return with_hint(error,
                   "the index names images that were left out (sparse), which this registry may not allow: see its "
                   "settings, or copy without that choice, which makes an index of the chosen images alone");
}

}  // namespace dray::ops
