#pragma once

#include <cstdint>
#include <dray/core/digest.hpp>
#include <dray/core/media_type.hpp>
#include <dray/core/platform.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dray {

/// What is said about some bytes before they are had: enough to ask for them and to check them.
/// Source: OCI image-spec 1.1, descriptor.md.
struct Descriptor {
  MediaType media_type;
  Digest digest;
  std::uint64_t size = 0;              ///< Bytes as stored.
  std::vector<std::string> urls = {};  ///< Other places of the bytes; hostile until checked.
  std::map<std::string, std::string> annotations = {};
  std::optional<Platform> platform = {};  ///< Set on the entries of an index.
  std::optional<MediaType> artifact_type = {};
  std::optional<std::string> data = {};  ///< The bytes themselves, decoded; verified like any others.

  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

}  // namespace dray
