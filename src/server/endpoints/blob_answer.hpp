#pragma once

#include <dray/core/digest.hpp>
#include <dray/server/message.hpp>
#include <dray/store/registry_storage.hpp>

namespace dray::server {

/// The head of every answer about a blob.
[[nodiscard]] Response blob_head(const Digest& digest);
/// The whole blob, a range of it, 304 or 416.
[[nodiscard]] Response answer_blob(const Request& request, const Digest& digest, StoredBlob blob);

}  // namespace dray::server
