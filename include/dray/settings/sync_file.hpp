#pragma once

#include <cstdint>
#include <dray/core/name_pattern.hpp>
#include <dray/core/place.hpp>
#include <dray/core/platform.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray::settings {

/// What becomes of foreign layers; as `--foreign` of `dray copy`.
enum class SyncForeign : std::uint8_t { include, keep, skip };

/// What an entry of a sync file may say of its images, for itself or as a default for all.
struct SyncChoice {
  std::vector<std::string> tag_names = {};  ///< Just these; empty: those of the source's list that `tags` takes.
  NameFilter tags = {};
  std::vector<Platform> platforms = {};
  bool sparse = false;
  SyncForeign foreign = SyncForeign::include;
  bool referrers = false;  ///< What refers to an image goes along.
  bool no_clobber = false;
  bool remove = false;           ///< `delete`: tags that the source has no more go at the destination too.
  bool remove_if_empty = false;  ///< Even where the source lists no tag at all.
  std::optional<std::uint64_t> remove_limit = {};  ///< Where more would go, none does.
  std::uint64_t keep_requests = 0;  ///< Fetching ends when the source's registry allows only so many more.
};

/// One entry: a place that is copied, or all repositories of a registry that a filter takes.
struct SyncEntry {
  std::optional<Place> source = {};       ///< This, or `registry`.
  std::optional<Registry> registry = {};  ///< Its catalog is asked.
  NameFilter repositories = {};           ///< Of the catalog.
  std::string destination;  ///< A place; for `registry` what stands before `/REPOSITORY`, which makes a place of it.
  SyncChoice choice = {};
  std::size_t line = 1;
};

/// What `dray sync` copies. A value. docs/sync.md tells the form.
struct SyncFile {
  std::vector<SyncEntry> entries;

  /// Strict: every key must be known. Errors: `invalid_input` with `file`, line, and the nearest known key;
  /// `limit_exceeded`. A key that looks like a credential's is refused with a hint, its value is not repeated.
  [[nodiscard]] static Result<SyncFile> parse(std::string_view text, const std::string& file);
};

}  // namespace dray::settings
