#pragma once

#include <dray/core/media_type.hpp>

#include "json_fields.hpp"

namespace dray {

/// What a document is, by the rule of `parse_manifest`: its members fit its type, and nobody can read it as another.
[[nodiscard]] Result<MediaType> decide_manifest_type(const Fields& document, std::string_view content_type);

}  // namespace dray
