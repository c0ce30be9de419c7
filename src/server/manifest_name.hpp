#pragma once

#include <dray/store/content.hpp>
#include <string>

namespace dray::server {

/// A tag or a digest, as the last part of a manifest's URL. Errors: `invalid_input`.
[[nodiscard]] Result<ManifestName> parse_manifest_name(const std::string& text);

}  // namespace dray::server
