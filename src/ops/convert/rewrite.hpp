#pragma once

#include <dray/ops/convert.hpp>
#include <map>
#include <optional>
#include <stop_token>
#include <vector>

#include "../graph.hpp"
#include "findings.hpp"
#include "recompress.hpp"

namespace dray::ops {

/// A manifest or index of a graph, before and after.
struct RewrittenManifest {
  ConvertedNode node;
  RawManifest raw;                         ///< As it is now.
  std::vector<Digest> children = {};       ///< The manifests that it named, by what they were.
  std::vector<Digest> kept_children = {};  ///< Those that it still names.
  std::vector<ConvertedNode> blobs = {};   ///< Configs, layers and others that it names, each in its place.
  bool pending = false;                    ///< It names what is not made yet, so `raw` is not what it will be.
  /// Why it cannot be in Docker's types; empty where it can.
  std::string refused = {};
};

/// By what they were.
using RewrittenGraph = std::map<Digest, RewrittenManifest>;

/// What manifests are to become.
struct Wishes {
  std::optional<ImageTypes> to;
  std::optional<Compression> compress;
  NewForms forms = {};  ///< Of the layers that were compressed anew.
};

/// Edits every manifest of the graph, children first, so that an index follows its members. The source is asked for
/// configs alone, where an index does not say a platform that a Docker list has to.
[[nodiscard]] Result<RewrittenGraph> rewrite(const Graph& graph, ContentSource& source, const Wishes& wishes,
                                             Findings& findings, const std::stop_token& stop);

}  // namespace dray::ops
