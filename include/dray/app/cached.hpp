#pragma once

#include <dray/store/blob_cache.hpp>
#include <dray/store/content.hpp>
#include <memory>

namespace dray {

/// A source whose blobs are looked for in a cache first, and kept there as they are read. Everything else, such as
/// manifests, tags, referrers and what is behind `urls`, is the source's own.
[[nodiscard]] std::shared_ptr<ContentSource> cached(std::shared_ptr<ContentSource> source,
                                                    std::shared_ptr<BlobCache> cache);

}  // namespace dray
