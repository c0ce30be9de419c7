#pragma once

#include <dray/format/manifest.hpp>
#include <dray/ops/convert.hpp>

#include "findings.hpp"
#include "rewrite.hpp"

namespace dray::ops {

/// `raw` with `bytes` in its place, and what that makes of its node.
void put_bytes(RewrittenManifest& manifest, std::string bytes, const MediaType& type);

/// True for an image: its config is one, and its layers are.
[[nodiscard]] bool is_image(const Manifest& manifest);

/// Edits an image's manifest; an artifact's stays as it is, and is refused where it would get Docker's types.
/// Errors: `unsupported` for a layer of a type that the family does not have.
[[nodiscard]] Result<void> rewrite_image(RewrittenManifest& manifest, const Manifest& image, const Wishes& wishes,
                                         Findings& findings);

}  // namespace dray::ops
