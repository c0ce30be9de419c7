#pragma once

#include <dray/ops/convert.hpp>
#include <vector>

#include "../graph.hpp"
#include "rewrite.hpp"

namespace dray::ops {

/// What there is to copy when all manifests of `graph` were rewritten, without what nobody names any more.
[[nodiscard]] Graph converted_graph(Graph graph, RewrittenGraph& rewritten);

/// What became of everything below the root, from the top down.
[[nodiscard]] std::vector<ConvertedNode> converted_nodes(const RewrittenGraph& rewritten, const Digest& root);

}  // namespace dray::ops
