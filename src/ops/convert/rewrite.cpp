#include "rewrite.hpp"

#include <dray/format/manifest.hpp>
#include <utility>
#include <variant>

#include "rewrite_image.hpp"
#include "rewrite_index.hpp"

namespace dray::ops {

namespace {

using Fate = ConvertedNode::Fate;
using Kind = ConvertedNode::Kind;

RewrittenManifest unchanged(const RawManifest& raw, Kind kind) {
  return {.node = {kind, Fate::kept, raw.descriptor, raw.descriptor}, .raw = raw};
}

}  // namespace

Result<RewrittenGraph> rewrite(const Graph& graph, ContentSource& source, const Wishes& wishes, Findings& findings,
                               const std::stop_token& stop) {
  RewrittenGraph done;
  for (const auto& [raw, height] : graph.manifests) {
    const auto& digest = raw.descriptor.digest;
    const auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
    auto manifest = unchanged(raw, Kind::other);
    if (!parsed) {  // not a manifest that anybody knows: it was walked over as bytes
      manifest.refused = "it is a " + raw.descriptor.media_type.text();
    } else if (const auto* image = std::get_if<Manifest>(&*parsed)) {
      manifest.node.kind = Kind::manifest;
      DRAY_TRY(rewrite_image(manifest, *image, wishes, findings));
    } else if (const auto* index = std::get_if<Index>(&*parsed)) {
      manifest.node.kind = Kind::index;
      DRAY_TRY(rewrite_index(manifest, *index, wishes.to, done, source, findings, stop));
    }
    if (manifest.pending) {
      manifest.node.fate = Fate::pending;
      manifest.node.after.reset();
    }
    done.insert_or_assign(digest, std::move(manifest));
  }
  return done;
}

}  // namespace dray::ops
