#pragma once

#include <cstddef>
#include <dray/core/descriptor.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// Everything below a manifest: what a copy has to bring.
struct Graph {
  struct Node {
    RawManifest raw;
    std::size_t height = 0;  ///< 0 for a manifest without children; above all of its children.
  };
  std::vector<Node> manifests;    ///< Each digest once, children before their index; the root is the last.
  std::vector<Descriptor> blobs;  ///< Each digest once, in order of first use.
};

/// Walks from `root` through indexes inside indexes. Known manifest types must be well formed; an entry of another
/// type is followed where it turns out to be a manifest, and taken as bare bytes otherwise. `subject` is not followed.
/// Of the root's own entries only those in `kept` are followed; nullopt: all.
/// Errors: `limit_exceeded` for more than `max_index_depth` levels, `max_manifests` or `max_graph_bytes`;
/// `unsupported` for schema 1; `not_found` for an entry that the source does not hold.
[[nodiscard]] Result<Graph> walk(ContentSource& source, RawManifest root, const std::optional<std::set<Digest>>& kept,
                                 const std::stop_token& stop);
[[nodiscard]] Result<Graph> walk(ContentSource& source, RawManifest root, const std::stop_token& stop);

}  // namespace dray::ops
