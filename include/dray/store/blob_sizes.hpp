#pragma once

#include <cstdint>
#include <dray/core/digest.hpp>
#include <stop_token>

namespace dray {

/// A source that can tell how large a blob is that nobody described: schema 1 manifests say no sizes.
class TellsBlobSizes {
 public:
  virtual ~TellsBlobSizes() = default;
  /// `not_found`; `protocol` where the place has it and does not tell.
  [[nodiscard]] virtual Result<std::uint64_t> blob_size(const Digest& digest, const std::stop_token& stop) = 0;
};

}  // namespace dray
