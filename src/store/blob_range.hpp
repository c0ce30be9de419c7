#pragma once

#include <dray/base/bytes.hpp>
#include <dray/base/result.hpp>
#include <dray/core/descriptor.hpp>
#include <optional>

namespace dray {

/// The part of a blob that was asked for: all of it without `asked`; an end behind the blob's is cut back.
/// Errors: `invalid_input` for a range that begins behind the blob's end or ends before it begins.
[[nodiscard]] Result<ByteRange> range_within(const Descriptor& blob, const std::optional<ByteRange>& asked);

}  // namespace dray
