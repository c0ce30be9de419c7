#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <dray/base/guarded.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/registry_folder.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lru_cache.hpp"
#include "registry_core.hpp"
#include "registry_upload.hpp"

namespace dray {

/// Counts changes of something that has a name, several names sharing a counter: a cached list is good while the
/// counter stands where it stood before the list was made.
class ChangeCounters {
 public:
  [[nodiscard]] std::uint64_t get(const std::string& name) const noexcept { return counters_[slot(name)].load(); }
  void bump(const std::string& name) noexcept { ++counters_[slot(name)]; }

 private:
  static constexpr std::size_t slots = 1024;
  static std::size_t slot(const std::string& name) noexcept { return std::hash<std::string>{}(name) % slots; }
  std::array<std::atomic<std::uint64_t>, slots> counters_{};
};

/// The tags of a repository, sorted, and what the folder was like when they were read.
struct TagList {
  std::vector<std::string> names;
  std::uint64_t inode = 0;
  std::chrono::system_clock::time_point modified;
  std::chrono::system_clock::time_point changed;
  std::uint64_t changes = 0;  ///< Counters, as they stood before.
  std::uint64_t removals = 0;
};

struct RepositoryList {
  std::shared_ptr<const std::vector<std::string>> names;
  std::uint64_t folders_made = 0;
  std::chrono::steady_clock::time_point made;
};

/// The registry's folder on a local file system. One source file for each group of calls.
class LocalRegistry final : public RegistryFolder {
 public:
  explicit LocalRegistry(std::shared_ptr<RegistryCore> core) : core_(std::move(core)) {}

  [[nodiscard]] std::string describe() const override { return core_->tree.root().path().string(); }

  [[nodiscard]] Result<StoredBlob> open_blob(const std::string& repository, const Digest& digest) override;
  [[nodiscard]] Result<std::uint64_t> blob_size(const std::string& repository, const Digest& digest) override;
  [[nodiscard]] Result<void> mount_blob(const Digest& digest, const std::string& from, const std::string& to) override;
  [[nodiscard]] Result<void> remove_blob(const std::string& repository, const Digest& digest) override;

  [[nodiscard]] Result<std::unique_ptr<BlobUpload>> begin_upload(const std::string& repository,
                                                                 const std::string& owner,
                                                                 DigestAlgorithm algorithm) override;
  [[nodiscard]] Result<std::unique_ptr<BlobUpload>> resume_upload(const std::string& repository, const std::string& id,
                                                                  const std::string& owner) override;
  [[nodiscard]] Result<std::uint64_t> upload_offset(const std::string& repository, const std::string& id,
                                                    const std::string& owner) override;
  [[nodiscard]] Result<void> cancel_upload(const std::string& repository, const std::string& id,
                                           const std::string& owner) override;

  [[nodiscard]] Result<std::shared_ptr<const RawManifest>> get_manifest(const std::string& repository,
                                                                        const ManifestName& name) override;
  [[nodiscard]] Result<bool> has_manifest(const std::string& repository, const Digest& digest) override;
  [[nodiscard]] Result<void> put_manifest(const std::string& repository, const RawManifest& manifest,
                                          const std::vector<std::string>& tags,
                                          const std::optional<Digest>& subject) override;
  [[nodiscard]] Result<void> remove_manifest(const std::string& repository, const Digest& digest) override;
  [[nodiscard]] Result<void> remove_tag(const std::string& repository, const std::string& tag) override;

  [[nodiscard]] Result<ListingPage> list_tags(const std::string& repository, std::string_view after,
                                              std::size_t limit) override;
  [[nodiscard]] Result<ListingPage> list_repositories(std::string_view after, std::size_t limit) override;
  [[nodiscard]] Result<std::vector<Digest>> list_referrers(const std::string& repository,
                                                           const Digest& subject) override;
  [[nodiscard]] Result<std::vector<StoredRevision>> list_revisions(const std::string& repository) override;

  [[nodiscard]] Result<CollectReport> collect(const CollectOptions& options, const std::stop_token& stop) override;
  [[nodiscard]] Result<VerifyRegistryReport> verify(bool quarantine, const std::stop_token& stop) override;
  [[nodiscard]] Result<std::uint64_t> purge_uploads(std::chrono::seconds age) override;
  [[nodiscard]] Result<std::uint64_t> free_bytes() override { return core_->tree.root().free_bytes(); }

 private:
  // registry_manifests.cpp
  [[nodiscard]] Result<std::shared_ptr<const RawManifest>> read_manifest(const Digest& digest);
  [[nodiscard]] Result<void> set_tags(const std::string& repository, const Digest& digest,
                                      const std::vector<std::string>& tags);
  [[nodiscard]] Result<void> drop_tags_of(const std::string& repository, const Digest& digest);
  [[nodiscard]] Result<void> drop_revision(const std::string& repository, const Digest& digest);
  // registry_tags.cpp
  [[nodiscard]] Result<bool> drop_tag(const std::string& repository, const std::string& tag);
  [[nodiscard]] Result<std::shared_ptr<const TagList>> tag_list(const std::string& repository);
  [[nodiscard]] Result<std::shared_ptr<const std::vector<std::string>>> repository_list();
  // registry_referrers.cpp
  [[nodiscard]] Result<void> note_old_referrers(const std::string& repository);
  // registry_uploads.cpp
  struct FoundUpload {
    UploadState state;  // its offset is that of the bytes that count
    std::uint64_t size = 0;
  };
  [[nodiscard]] Result<FoundUpload> find_upload(const std::string& repository, const std::string& id,
                                                const std::string& owner);
  enum class IdleUploads : std::uint8_t { count, remove };
  [[nodiscard]] Result<std::uint64_t> look_for_idle_uploads(std::chrono::seconds age, IdleUploads what);

  static constexpr std::size_t tag_lock_count = 256;

  const std::shared_ptr<RegistryCore> core_;
  LruCache<Digest, std::shared_ptr<const RawManifest>> manifests_{limits::max_cached_manifest_bytes};
  LruCache<std::string, std::shared_ptr<const TagList>> tags_{limits::max_cached_tag_bytes};
  ChangeCounters tag_changes_;   // tags that came or went
  ChangeCounters tag_removals_;  // tags that went
  /// One writer of a tag at a time, so that what is read of it and what is written then belong together.
  std::array<std::mutex, tag_lock_count> tag_locks_;
  Guarded<RepositoryList> repositories_;
  /// Repositories whose referrers that nobody noted were looked for in this run.
  Guarded<std::set<std::string>> searched_;
  std::mutex collecting_;

  friend class RegistryCollection;
  friend class RegistryVerification;
};

/// `<repository> has no <what>`, as `not_found`.
[[nodiscard]] Error not_in_repository(const std::string& repository, std::string_view what);

/// A manifest's bytes, verified. `not_found` when they are gone, `digest_mismatch` when they are damaged.
[[nodiscard]] Result<std::string> read_manifest_bytes(const Directory& root, const Digest& digest);

}  // namespace dray
