#pragma once

#include <dray/core/descriptor.hpp>

namespace dray::ops {

/// True for an index entry that is no image but BuildKit's word about one: provenance or a bill of materials.
/// Source: BuildKit, docs/attestations/attestation-storage.md.
[[nodiscard]] inline bool is_attestation(const Descriptor& entry) {
  if (const auto kind = entry.annotations.find("vnd.docker.reference.type"); kind != entry.annotations.end()) {
    return kind->second == "attestation-manifest";
  }
  return entry.platform && entry.platform->os == "unknown" && entry.platform->architecture == "unknown";
}

}  // namespace dray::ops
