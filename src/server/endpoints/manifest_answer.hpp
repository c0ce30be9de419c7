#pragma once

#include <dray/server/message.hpp>
#include <dray/store/content.hpp>
#include <memory>

namespace dray::server {

/// The manifest as it is stored, or 304. Its bytes are shared, not copied.
[[nodiscard]] Response answer_manifest(const Request& request, const std::shared_ptr<const RawManifest>& manifest);

}  // namespace dray::server
