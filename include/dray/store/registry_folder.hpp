#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/clock.hpp>
#include <dray/store/registry_storage.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace dray {

struct RegistryFolderOptions {
  enum class Use : std::uint8_t {
    write,  ///< The only writer; a second one is `conflict`.
    read,   ///< Beside other readers and one writer: what is stored under a digest never changes.
  };
  Use use = Use::write;
  /// A folder that is absent, or holds no registry, is `not_found` rather than made.
  bool must_exist = false;
  /// Folders are made with this mode and files with it less the execute bits, whatever the umask: 0700 or 0750.
  unsigned mode = 0700;
  /// How long a thing that nothing points at is left alone: younger ones may belong to a push under way.
  std::chrono::seconds grace = std::chrono::hours(1);
};

/// What start-up and a collection met that is none of ours and no part of the tree; it is left where it is.
using StrangeFiles = std::vector<std::string>;

/// What a collection does and finds. Sizes are of the blobs' data.
struct CollectOptions {
  bool dry_run = false;
  /// Remove manifests too that no tag reaches: neither tagged, nor an entry of an index that is kept, nor a referrer of
  /// a manifest that is kept.
  bool untagged = false;
};
struct CollectReport {
  struct Untagged {
    std::string repository;
    Digest digest;
  };
  std::vector<Untagged> untagged;  ///< Manifests that no tag reaches, kept or not, sorted.
  std::vector<Digest> removed;  ///< Blobs (manifests' bytes are blobs too) that were moved to the trash, or would be.
  std::uint64_t removed_bytes = 0;
  std::uint64_t kept_blobs = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t removed_links = 0;  ///< Links of repositories to blobs that none of its manifests names.
  std::uint64_t removed_uploads = 0;
  StrangeFiles strange;
};

/// One thing that is not as it should be.
struct Damage {
  std::string repository;  ///< Empty for a blob that is damaged whoever uses it.
  std::string what;        ///< A sentence: `blob sha256:… is missing; layer 2 of manifest sha256:…`.
  bool quarantined = false;
};
struct VerifyRegistryReport {
  std::uint64_t repositories = 0;
  std::uint64_t tags = 0;
  std::uint64_t manifests = 0;
  std::uint64_t blobs = 0;
  std::uint64_t bytes = 0;
  std::vector<Damage> damage;
  StrangeFiles strange;
};

/// A registry's folder, in the tree that the CNCF distribution registry writes (`docker/registry/v2/…`), so that either
/// program can take over from the other. Our own extras lie under `_dray/` (temporary files, trash, the state of
/// uploads, the lock) and `repositories/<name>/_referrers/`. docs/formats/registry.md describes both.
/// Source: distribution 2.8, registry/storage/paths.go; reliability 2.2.
class RegistryFolder : public RegistryStorage {
 public:
  /// Opens the folder and, to write, makes it when it is absent, removes temporary files that an earlier process left
  /// and lowers offsets of uploads to what is on disk. `conflict` when it is in use.
  [[nodiscard]] static Result<std::unique_ptr<RegistryFolder>> open(const std::filesystem::path& path,
                                                                    const RegistryFolderOptions& options, Clock& clock);

  /// Mark and sweep while the registry runs: what nothing reaches and is older than the grace time goes to the trash;
  /// trash older than the grace time is removed for good. Safe beside pushes: what was asked for, mounted or pushed
  /// since the marking began is kept. One at a time; `cancelled` when `stop` ends it, which leaves everything right.
  [[nodiscard]] virtual Result<CollectReport> collect(const CollectOptions& options, const std::stop_token& stop) = 0;
  /// Reads everything that is reachable and says what is missing or damaged. With `quarantine` (and `Use::write`) a
  /// blob whose bytes are not its digest's is moved to `_dray/quarantine/`, so that it is never served.
  [[nodiscard]] virtual Result<VerifyRegistryReport> verify(bool quarantine, const std::stop_token& stop) = 0;
  /// Removes uploads that nobody touched for `age`; says how many.
  [[nodiscard]] virtual Result<std::uint64_t> purge_uploads(std::chrono::seconds age) = 0;
  /// Bytes that may still be written here.
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() = 0;
};

}  // namespace dray
