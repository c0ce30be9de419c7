#include "blob_range.hpp"

#include <algorithm>

namespace dray {

Result<ByteRange> range_within(const Descriptor& blob, const std::optional<ByteRange>& asked) {
  if (!asked) return ByteRange{0, blob.size};
  if (asked->begin > blob.size || asked->end < asked->begin) {
    return Error(ErrorCode::invalid_input, "cannot read bytes " + std::to_string(asked->begin) + " to " +
                                               std::to_string(asked->end) + " of blob " + blob.digest.text() +
                                               ", which has " + std::to_string(blob.size));
  }
  return ByteRange{asked->begin, std::min(asked->end, blob.size)};
}

}  // namespace dray
