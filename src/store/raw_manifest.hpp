#pragma once

#include <dray/base/result.hpp>
#include <dray/core/digest.hpp>
#include <dray/store/content.hpp>
#include <string>

namespace dray {

/// The bytes of a manifest that nobody told the type of: it is what the document says. Verified by its digest.
/// Errors: `digest_mismatch`; `invalid_input` or `unsupported` where the bytes are no manifest; `limit_exceeded`.
[[nodiscard]] Result<RawManifest> manifest_from(std::string bytes, const Digest& digest);

}  // namespace dray
