#pragma once

#include <dray/ops/edit.hpp>
#include <dray/store/content.hpp>
#include <map>
#include <string>
#include <vector>

#include "graph.hpp"

namespace dray::ops {

/// What is to be done to layers, by their digests: put behind these URLs, or behind none any more.
using LayerChanges = std::map<Digest, std::vector<std::string>>;

/// Reads and checks what the options say; see `edit` for the errors.
[[nodiscard]] Result<LayerChanges> layer_changes(const EditOptions& options);

/// Makes the changes in every manifest and blob of the graph; indexes follow their manifests. Returns what was changed,
/// in sentences.
/// Errors: `not_found` for a layer that is nowhere, `invalid_input` for one that is no layer of an image.
[[nodiscard]] Result<std::vector<std::string>> change_layers(Graph& graph, const LayerChanges& changes);

}  // namespace dray::ops
