#pragma once

#include <cstddef>
#include <dray/core/descriptor.hpp>
#include <dray/core/media_type.hpp>
#include <dray/core/platform.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// A manifest that points at another one, and those that point at it.
struct Referrer {
  Descriptor descriptor;    ///< With the artifact type and the annotations that the place gives.
  std::string cosign = {};  ///< What it holds, where only cosign's tag tells that it belongs here; empty: a referrer.
  std::string tag = {};     ///< That tag.
  std::vector<Referrer> referrers = {};
};

struct ReferrersOptions {
  std::optional<Platform> platform = {};        ///< Of an index: the image that is meant, and not the index itself.
  std::optional<MediaType> artifact_type = {};  ///< Of the subject's own referrers, only these; theirs are not chosen.
  std::size_t depth = 0;                        ///< So many levels; 0: all.
};

struct ReferrersReport {
  Descriptor subject;
  std::vector<Referrer> referrers = {};

  [[nodiscard]] std::size_t count() const;
};

/// Lists what points at a manifest, what points at that, and so on, as the place tells it: no manifest but the
/// subject's is fetched. A manifest that is met twice is followed once. Where no artifact type is asked for, cosign's
/// tags of the subject are looked for too. Errors: `not_found`; `unsupported` where the place lists no referrers;
/// `limit_exceeded` for more than `max_referrers_depth` levels, or `max_referrers` in all.
[[nodiscard]] Result<ReferrersReport> list_referrers(ContentSource& source, const ManifestName& name,
                                                     const ReferrersOptions& options, const std::stop_token& stop);

}  // namespace dray::ops
