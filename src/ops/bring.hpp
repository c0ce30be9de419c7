#pragma once

#include <cstdint>
#include <dray/ops/copy.hpp>
#include <dray/store/content.hpp>
#include <stop_token>
#include <vector>

#include "graph.hpp"

namespace dray::ops {

/// What was, or in a dry run would be, done.
struct Brought {
  std::vector<PlannedBlob> blobs;  ///< As they were given.
  std::uint64_t bytes_planned = 0;
  std::uint64_t bytes_transferred = 0;
};

/// Moves the blobs that the sink lacks; the options' platforms are no matter here.
[[nodiscard]] Result<Brought> bring(ContentSource& source, const std::vector<Descriptor>& blobs, ContentSink& sink,
                                    const CopyOptions& options, const std::stop_token& stop);

/// The same for all blobs of a graph, then stores its manifests below the root, children before parents. The root
/// itself is left to the caller: it makes the copy visible.
[[nodiscard]] Result<Brought> bring(ContentSource& source, const Graph& graph, ContentSink& sink,
                                    const CopyOptions& options, const std::stop_token& stop);

/// That second step alone.
[[nodiscard]] Result<void> put_children(const Graph& graph, ContentSink& sink, const CopyOptions& options,
                                        const std::stop_token& stop);

}  // namespace dray::ops
