#pragma once

#include <dray/core/digest.hpp>
#include <string>
#include <string_view>
#include <vector>

// Tags that are no names for people: they belong to the manifest whose digest they spell.

namespace dray {

/// A tag under which cosign keeps what it says about a manifest, where it makes no referrer of it.
/// Source: cosign, specs/SIGNATURE_SPEC.md.
struct CosignTag {
  std::string tag;         ///< `sha256-<hex>.sig`
  std::string_view holds;  ///< `cosign signature`, `cosign attestation`, `cosign SBOM`
};
/// Those that there may be for a manifest; none where its digest is too long for a tag.
[[nodiscard]] std::vector<CosignTag> cosign_tags(const Digest& subject);

/// True for a tag that lists a manifest's referrers on a registry without the API for it: `sha256-<hex>`.
[[nodiscard]] bool is_referrers_tag(std::string_view tag);

}  // namespace dray
