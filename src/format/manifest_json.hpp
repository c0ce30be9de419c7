#pragma once

#include <cstddef>
#include <dray/core/digest.hpp>
#include <dray/core/media_type.hpp>
#include <dray/core/platform.hpp>
#include <optional>

#include "json_fields.hpp"

namespace dray {

/// Docker writes its documents so; a document read from Docker Hub comes out as the same bytes.
inline constexpr std::size_t manifest_indent_blanks = 3;

/// Members that manifests, descriptors and configs share; errors name the member.
[[nodiscard]] Result<Platform> platform_from_json(const Fields& fields);
[[nodiscard]] Result<MediaType> media_type_member(const Fields& fields, std::string_view key);
/// nullopt when absent or empty.
[[nodiscard]] Result<std::optional<MediaType>> optional_media_type(const Fields& fields, std::string_view key);
[[nodiscard]] Result<Digest> digest_member(const Fields& fields, std::string_view key);

[[nodiscard]] Json annotations_to_json(const std::map<std::string, std::string>& annotations);

}  // namespace dray
