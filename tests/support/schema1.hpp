#pragma once

#include <string>
#include <vector>

namespace dray::testing {

/// A signed manifest of schema version 1, as old registries made it from a newer one for clients without `Accept`.
struct Schema1 {
  std::string bytes;
  std::string digest;  ///< Of the payload, not of the bytes.
};
/// `layers` are blob digests, base first; the document lists them top first. Its signature has the right shape, but is
/// none. Source: distribution 2.8, manifest-v2-1.md.
[[nodiscard]] Schema1 make_schema1(const std::string& name, const std::string& tag, const std::string& architecture,
                                   const std::vector<std::string>& layers);

}  // namespace dray::testing
