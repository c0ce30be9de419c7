#pragma once

#include <cstddef>
#include <cstdint>
#include <dray/ops/copy.hpp>
#include <dray/ops/observer.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <optional>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// What a copy will do about each blob, and what that costs.
struct Plan {
  std::vector<PlannedBlob> blobs;  ///< As they were given.
  Observer::Planned sums;
};

/// Asks the sink which blobs it has, over the connections of `options`, and says where each of the others comes from.
[[nodiscard]] Result<Plan> make_plan(ContentSource& source, ContentSink& sink, const std::vector<Descriptor>& blobs,
                                     const CopyOptions& options, const std::stop_token& stop);

[[nodiscard]] std::size_t connections_of(const CopyOptions& options);

/// The sister repository from which `sink` can mount what `source` holds; nullopt where there is no such way.
[[nodiscard]] std::optional<RepositoryOrigin> mount_origin(ContentSource& source, ContentSink& sink);

/// `no_space` when the sink knows that the plan does not fit.
[[nodiscard]] Result<void> check_space(ContentSink& sink, const Plan& plan);

}  // namespace dray::ops
