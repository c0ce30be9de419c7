#pragma once

#include <dray/core/media_type.hpp>
#include <dray/ops/convert.hpp>
#include <optional>

namespace dray::ops {

/// The type of the same index, manifest, config or layer in a family; `type` itself where it is of that family already;
/// nullopt for what has no counterpart there.
[[nodiscard]] std::optional<MediaType> counterpart(const MediaType& type, ImageTypes to);

}  // namespace dray::ops
