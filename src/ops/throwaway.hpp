#pragma once

#include <dray/base/clock.hpp>
#include <dray/store/content.hpp>
#include <stop_token>
#include <string>

namespace dray::ops {

/// Takes a tag away where only manifests can be removed, and leaves `image`, what the tag points at: a manifest that
/// nobody else has is put under the tag and removed by its digest. Whatever fails, the tag points at `image` again, or
/// the message says that it does not and how to mend it.
/// Errors: `unsupported` where manifests cannot be removed either, before anything was changed; the place's.
[[nodiscard]] Result<void> remove_by_throwaway(ContentStore& store, const std::string& tag, const RawManifest& image,
                                               Random& random, const std::stop_token& stop);

}  // namespace dray::ops
