#pragma once

#include <cstdint>
#include <dray/client/registry_client.hpp>
#include <dray/ops/copy_tags.hpp>
#include <dray/settings/sync_file.hpp>
#include <dray/store/blob_cache.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace dray {

struct SyncOptions {
  bool dry_run = false;  ///< Moves, deletes and remembers nothing.
  /// What an earlier run left at the destinations, as it remembers it; read, and written anew at the end. A second run
  /// with the same file at the same time is refused.
  std::optional<std::filesystem::path> state;
  bool check = false;                       ///< Ask destinations all the same.
  std::size_t jobs = 0;                     ///< Blobs at once, over all places; 0: as `ops::CopyOptions` says.
  std::shared_ptr<ops::Observer> observer;  ///< May be null.
  std::shared_ptr<BlobCache> cache;         ///< Blobs of registries are read through it; may be null.
};

/// A tag that left the source, and goes at the destination.
struct DeletedTag {
  std::string tag;
  std::optional<Error> error = {};  ///< It could not be deleted.
};

/// What became of one repository, or of an entry whose repositories could not be found out.
struct SyncedPlace {
  std::string source;
  std::string destination;
  ops::TagsReport tags = {};
  std::vector<DeletedTag> deleted = {};  ///< In a dry run: to be deleted.
  std::optional<Error> error = {};       ///< Of the place itself: its source has no list of tags, ….
  std::string not_deleted = {};  ///< Why nothing was deleted where `delete` is set; empty: no reason against it.
};

struct SyncReport {
  std::vector<SyncedPlace> places;  ///< In the order of the file, repositories of a catalog in the catalog's.
  [[nodiscard]] std::uint64_t bytes_planned() const;
  [[nodiscard]] std::uint64_t bytes_transferred() const;
};

/// Brings destinations to what the file says. Places fail by themselves and stop no others; what one destination gets
/// from several entries is done one after the other. Nothing is deleted at a destination to which anything failed to be
/// listed or copied. Errors are those of the state file: `conflict` when another run has it, `invalid_input` when it is
/// none.
[[nodiscard]] Result<SyncReport> sync(const settings::SyncFile& file, const SyncOptions& options,
                                      const std::shared_ptr<client::RegistryClient>& client,
                                      const std::stop_token& stop);

}  // namespace dray
