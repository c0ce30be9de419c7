#pragma once

#include <dray/core/platform.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/content.hpp>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// What is to be copied, and what the name stood for before platforms were chosen.
struct Narrowed {
  RawManifest root;
  Descriptor resolved;
};

/// All of it for no platforms, one image for one, a new index of the chosen entries for several (same type, same
/// annotations). `not_found` for a platform that there is none of, with those that exist.
[[nodiscard]] Result<Narrowed> narrow(ContentSource& source, const ManifestName& name,
                                      const std::vector<Platform>& platforms, Observer& observer,
                                      const std::stop_token& stop);

}  // namespace dray::ops
