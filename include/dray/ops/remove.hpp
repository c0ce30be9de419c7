#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/core/descriptor.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// What somebody wants to be gone from a place; one of the two is set.
struct RemovalTarget {
  std::optional<std::string> tag;  ///< The tag alone. With a digest: only while it points at that.
  std::optional<Digest> digest;    ///< Without a tag: the manifest, and with it every tag that points at it.
};

/// The same, looked at.
struct PlannedRemoval {
  std::optional<std::string> tag;  ///< Set: the tag goes and the manifest stays.
  Descriptor manifest;             ///< What the tag points at, or the manifest that goes.
  std::vector<std::string> tags;   ///< Every tag that goes.
};

/// Finds out what would go, each target once, and changes nothing. Where a manifest is to go, every tag of the place is
/// looked at, unless the place tells them all at once (`ListsTagDigests`); `jobs` at a time, 0: as many as is usual.
/// Errors: `not_found`; `conflict` for a tag that points elsewhere than its target says.
[[nodiscard]] Result<std::vector<PlannedRemoval>> plan_removals(ContentStore& store,
                                                                const std::vector<RemovalTarget>& targets,
                                                                std::size_t jobs, const std::stop_token& stop);

/// How it was done.
enum class RemovedBy : std::uint8_t {
  place,      ///< The place did as it was asked.
  throwaway,  ///< A registry that removes no tags: the tag was moved to a manifest made for that, which was removed.
};

/// Carries one removal out. A tag is asked for again first, and one that points elsewhere by now stays. A manifest's
/// tags go with it, also one that was set after the plan was made: no registry can be asked otherwise.
/// On a registry that removes no tags but manifests, `throwaway` is done: only after the registry said that it has no
/// such manifest to remove, which one that removes nothing does not say; and when something fails after the tag was
/// moved, the tag is set back, also when `stop` was requested. Errors: `conflict`; `unsupported` where neither can be;
/// else the place's.
[[nodiscard]] Result<RemovedBy> remove(ContentStore& store, const PlannedRemoval& planned, Random& random,
                                       const std::stop_token& stop);

}  // namespace dray::ops
