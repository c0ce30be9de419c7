#pragma once

#include <chrono>
#include <compare>
#include <dray/store/registry_folder.hpp>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "registry_core.hpp"

namespace dray {

/// A digest as one repository has it.
struct RepositoryDigest {
  std::string repository;
  Digest digest;
  friend auto operator<=>(const RepositoryDigest&, const RepositoryDigest&) = default;
};

/// What a manifest leads to.
struct ManifestReach {
  std::vector<Digest> blobs;
  std::vector<Digest> entries;
  std::optional<Digest> subject;
};
/// Reads a manifest. Of one that our parser refuses every digest in its bytes counts, as blob and as entry. None when
/// the bytes are gone; `digest_mismatch` when they are damaged, so that what it leads to is not known.
[[nodiscard]] Result<std::optional<ManifestReach>> reach_of(const Directory& root, const Digest& digest);

/// From when on something counts as young: it may belong to a push under way.
struct YoungSince {
  std::chrono::system_clock::time_point wall;
  std::chrono::steady_clock::time_point steady;
};

/// What a collection found by looking around, one repository after the other.
struct CollectMarks {
  std::unordered_set<Digest> kept;             ///< Blobs that stay, manifests' bytes among them.
  std::vector<RepositoryDigest> untagged;      ///< Revisions that no tag reaches, sorted.
  std::vector<RepositoryDigest> removable;     ///< Those of them that nothing young holds either.
  std::vector<RepositoryDigest> unused_links;  ///< Layer links that no kept manifest of the repository names.
  StrangeFiles strange;
};
struct MarkOptions {
  bool remove_untagged = false;
  YoungSince young;
};
[[nodiscard]] Result<CollectMarks> mark_registry(const RegistryCore& core, const MarkOptions& options,
                                                 const std::stop_token& stop);

/// True when a file was written or a digest asked for lately.
[[nodiscard]] Result<bool> is_young(const RegistryCore& core, const std::string& path, const Digest& digest,
                                    const YoungSince& young);

}  // namespace dray
