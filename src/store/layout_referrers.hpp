#pragma once

#include <dray/format/index_document.hpp>
#include <dray/store/content.hpp>
#include <dray/store/referrers.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

#include "layout_index.hpp"

// The lists of referrers in an OCI layout, a folder or an archive: under the tag `sha256-<hex>`, as regctl and oras
// keep them.

namespace dray {

/// The manifests that an index.json speaks of.
class LayoutManifests {
 public:
  virtual ~LayoutManifests() = default;
  /// Of an entry of the index. `not_found` when its bytes are missing.
  [[nodiscard]] virtual Result<RawManifest> read_listed(const Descriptor& entry) const = 0;
  /// Stores a manifest's bytes; lists nothing.
  [[nodiscard]] virtual Result<void> store_manifest(const RawManifest& manifest, const std::stop_token& stop) = 0;
};

/// The list under the subject's tag, and those whose subject is read in the manifests that the index lists.
[[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const LayoutManifests& manifests, const LayoutIndex& index,
                                                             const Digest& subject, const std::stop_token& stop);

/// Lets `change` have the list of a subject's referrers; when it says true, stores the new list and sets its tag in the
/// index. What the change made of the index:
struct ReferrersChange {
  bool changed = false;
  std::optional<Digest> replaced = {};  ///< The old list, where no entry names it any more.
};
[[nodiscard]] Result<ReferrersChange> change_referrers(LayoutManifests& manifests, LayoutIndex& index,
                                                       const Digest& subject,
                                                       const std::function<bool(IndexDocument&)>& change,
                                                       const std::stop_token& stop);

}  // namespace dray
