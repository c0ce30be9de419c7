#pragma once

#include <dray/format/manifest.hpp>
#include <dray/ops/convert.hpp>
#include <optional>
#include <stop_token>

#include "findings.hpp"
#include "rewrite.hpp"

namespace dray::ops {

/// Edits an index whose manifests are in `done` already.
[[nodiscard]] Result<void> rewrite_index(RewrittenManifest& manifest, const Index& index, std::optional<ImageTypes> to,
                                         const RewrittenGraph& done, ContentSource& source, Findings& findings,
                                         const std::stop_token& stop);

}  // namespace dray::ops
