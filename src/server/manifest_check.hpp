#pragma once

#include <dray/format/manifest.hpp>
#include <dray/store/registry_storage.hpp>
#include <optional>
#include <string>

#include "api_error.hpp"

namespace dray::server {

/// Why a manifest may not be stored, or nothing: its config and layers must be in the repository with the size that it
/// says (a foreign layer's bytes may be absent), the manifests of an index too unless `sparse` allows gaps. An entry of
/// an index may also be a blob, as BuildKit's cache has them. A subject may be absent. Source: distribution-spec 1.1,
/// "Pushing Manifests".
[[nodiscard]] std::optional<Response> refuse_incomplete(RegistryStorage& storage, const std::string& repository,
                                                        const AnyManifest& manifest, bool sparse);

/// The subject of a manifest or an index.
[[nodiscard]] std::optional<Digest> subject_of(const AnyManifest& manifest);

}  // namespace dray::server
