#pragma once

#include <dray/core/descriptor.hpp>
#include <dray/ops/append.hpp>
#include <dray/store/content.hpp>
#include <stop_token>
#include <vector>

namespace dray::ops {

/// Copies a member to `sink` where it is not there yet, and says what an index lists for it: one entry for an image,
/// those of an index for that, without embedded data.
[[nodiscard]] Result<std::vector<Descriptor>> bring_member(const IndexMember& member, ContentSink& sink,
                                                           const std::stop_token& stop);

/// True for entries that would be two images for one platform; attestations are for none.
[[nodiscard]] bool same_platform(const Descriptor& one, const Descriptor& other);

}  // namespace dray::ops
