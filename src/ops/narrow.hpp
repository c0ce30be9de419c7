#pragma once

#include <dray/core/platform.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// What is to be copied, and what the name stood for before platforms were chosen.
struct Narrowed {
  RawManifest root;
  Descriptor resolved;
  std::optional<std::set<Digest>> kept = {};  ///< Of a sparse index: the entries that are copied; nullopt: all.
  std::vector<std::string> reasons = {};      ///< Why `root` is not `resolved`.
};

/// How much of an index is wanted.
struct Choice {
  const std::vector<Platform>& platforms;
  bool sparse = false;
};

/// All of it for no platforms, one image for one, a new index of the chosen entries for several (same type, same
/// annotations) or, sparse, the index as it is with the entries that are kept. `not_found` for a platform that there is
/// none of, with those that exist.
[[nodiscard]] Result<Narrowed> narrow(ContentSource& source, const ManifestName& name, const Choice& choice,
                                      Observer& observer, const std::stop_token& stop);

}  // namespace dray::ops
