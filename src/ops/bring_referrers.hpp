#pragma once

#include <dray/ops/copy.hpp>
#include <stop_token>
#include <vector>

#include "blob_claims.hpp"

namespace dray::ops {

/// Brings what points at manifests that are copied (what points at that too, and so on) and what cosign keeps about
/// them under tags, and adds all of it to `report`. What the destination has and lists is not brought again; what it
/// has and does not list is put once more, so that it does. Referrers may well come before their subject: registries
/// take that. A manifest that the source lists and does not have, or whose subject is another, is noted as missing, and
/// no error.
[[nodiscard]] Result<void> bring_referrers(ContentSource& source, const std::vector<Digest>& subjects,
                                           ContentSink& sink, BlobClaims& claims, const CopyOptions& options,
                                           CopyReport& report, const std::stop_token& stop);

}  // namespace dray::ops
