#pragma once

#include <dray/app/sync.hpp>
#include <dray/core/place.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sync_state.hpp"

namespace dray {

/// One repository on its way.
struct SyncPair {
  Place source;
  Place destination;
  const settings::SyncChoice& choice;  ///< Of the file, which outlives this.
  SyncedPlace& report;

  /// Whose tags these are, where the source has a repository; known once it was opened.
  std::optional<RepositoryName> repository = {};
  std::vector<std::string> listed = {};  ///< Every tag of the source; empty until it is listed, or when it need not be.
  std::vector<std::string> wanted = {};  ///< Those that are copied.

  /// Listed and copied without any error.
  [[nodiscard]] bool is_whole() const;
};

/// Whether an entry speaks for a tag: it is copied while the source has it.
[[nodiscard]] bool covers(const settings::SyncChoice& choice, const std::string& tag);
/// The tags of the source's list that are copied.
[[nodiscard]] std::vector<std::string> wanted_of(const settings::SyncChoice& choice,
                                                 const std::vector<std::string>& listed);
/// What was chosen of each image, for `SyncState`.
[[nodiscard]] std::string choice_text(const settings::SyncChoice& choice);
[[nodiscard]] SyncState::Pair state_key(const SyncPair& pair);

/// Tags with a digest's name (`sha256-…`, `sha256-….sig`): lists of referrers and signatures, which belong to an image
/// and not to a person.
[[nodiscard]] bool is_digest_tag(std::string_view tag);

/// The tags of `at_destination` that `pair` deletes: those that it covers, that its source does not list, and that no
/// other of `all` (everything that goes to this destination) wants, or covers without deleting by itself.
[[nodiscard]] std::vector<std::string> tags_to_delete(const SyncPair& pair, const std::vector<SyncPair>& all,
                                                      const std::vector<std::string>& at_destination);

}  // namespace dray
