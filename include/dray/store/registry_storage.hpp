#pragma once

#include <chrono>
#include <cstdint>
#include <dray/base/bytes.hpp>
#include <dray/base/file.hpp>
#include <dray/core/digest.hpp>
#include <dray/store/content.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dray {

/// The bytes of a blob, opened: they stay readable whatever happens to the blob meanwhile.
struct StoredBlob {
  FileDescriptor file;
  std::uint64_t size = 0;
};

/// One page of a listing, in the order of the names' bytes.
struct ListingPage {
  std::vector<std::string> names;
  bool more = false;  ///< Names follow behind the last one.
};

/// A blob on its way in. Used by one thread at a time. Destroyed without an end it is parked: everything written so far
/// stays, and `resume_upload` goes on with it, in this process or a later one.
class BlobUpload {
 public:
  virtual ~BlobUpload() = default;
  /// 128 random bits, in the form that distribution's own have: 8-4-4-4-12 hex digits.
  [[nodiscard]] virtual const std::string& id() const noexcept = 0;
  /// How many bytes are there.
  [[nodiscard]] virtual std::uint64_t offset() const noexcept = 0;
  /// Appends; hashes on the way.
  [[nodiscard]] virtual Result<void> write(ByteView bytes) = 0;
  /// What was written so far, to be read while more comes: the bytes below `offset()`. The descriptor stays good when
  /// the upload ends, whichever way.
  [[nodiscard]] virtual Result<FileDescriptor> open_written() const = 0;
  /// Makes what was written last, so that the offset may be told to a client.
  [[nodiscard]] virtual Result<void> park() = 0;
  /// Checks the digest, publishes the blob (file, folders and the repository's link synced) and ends the upload. When
  /// it returns the blob is on disk. `digest_mismatch` leaves the upload as it was.
  [[nodiscard]] virtual Result<void> commit(const Digest& expected) = 0;
};

/// A manifest that a repository keeps, for those who look after it.
struct StoredRevision {
  Digest digest;
  std::chrono::system_clock::time_point stored;
};

/// What a registry keeps: blobs by digest and, for each repository, the blobs and manifests that belong to it, its
/// tags, and uploads under way. Access to a blob is always through a repository that it is linked in.
/// `repository` is always a name that `check_repository_path` accepts; a tag one that `parse_tag` accepts.
/// Safe from many threads; calls block on the disk. What a call acknowledges is synced.
class RegistryStorage {
 public:
  virtual ~RegistryStorage() = default;
  /// For people: where it is.
  [[nodiscard]] virtual std::string describe() const = 0;

  // ---- blobs

  /// `not_found` when the repository has no link to it, or the bytes are gone.
  [[nodiscard]] virtual Result<StoredBlob> open_blob(const std::string& repository, const Digest& digest) = 0;
  /// Its size, without opening it. Whoever asked may count on the blob for the grace time of a collection.
  [[nodiscard]] virtual Result<std::uint64_t> blob_size(const std::string& repository, const Digest& digest) = 0;
  /// Links a blob of `from` into `to` too. `not_found` when `from` does not have it.
  [[nodiscard]] virtual Result<void> mount_blob(const Digest& digest, const std::string& from,
                                                const std::string& to) = 0;
  /// Takes the repository's link away; the bytes go with a collection. `not_found`.
  [[nodiscard]] virtual Result<void> remove_blob(const std::string& repository, const Digest& digest) = 0;

  // ---- uploads

  /// `owner` is the user, empty where nobody is asked who they are. `algorithm` is what the bytes are hashed with on
  /// the way; a digest of another kind is computed at the commit.
  [[nodiscard]] virtual Result<std::unique_ptr<BlobUpload>> begin_upload(const std::string& repository,
                                                                         const std::string& owner,
                                                                         DigestAlgorithm algorithm) = 0;
  /// `not_found` for an id that is none, is another repository's or another owner's; `conflict` while somebody else
  /// holds it.
  [[nodiscard]] virtual Result<std::unique_ptr<BlobUpload>> resume_upload(const std::string& repository,
                                                                          const std::string& id,
                                                                          const std::string& owner) = 0;
  /// The offset that `resume_upload` would begin at. `not_found`; while somebody writes it is what is synced.
  [[nodiscard]] virtual Result<std::uint64_t> upload_offset(const std::string& repository, const std::string& id,
                                                            const std::string& owner) = 0;
  /// Throws an upload away. `not_found`; `conflict` while somebody holds it.
  [[nodiscard]] virtual Result<void> cancel_upload(const std::string& repository, const std::string& id,
                                                   const std::string& owner) = 0;

  // ---- manifests

  /// The bytes as they were put; the media type is the document's own. `not_found` for an unknown name, or when the
  /// repository has no link to the digest; `digest_mismatch` when the bytes on disk are damaged.
  [[nodiscard]] virtual Result<std::shared_ptr<const RawManifest>> get_manifest(const std::string& repository,
                                                                                const ManifestName& name) = 0;
  /// True when the repository has that manifest.
  [[nodiscard]] virtual Result<bool> has_manifest(const std::string& repository, const Digest& digest) = 0;
  /// Stores a manifest, lets the tags point at it, and notes it as a referrer of its subject if it has one. The bytes
  /// must be those of the descriptor; what it refers to is the caller's to check.
  [[nodiscard]] virtual Result<void> put_manifest(const std::string& repository, const RawManifest& manifest,
                                                  const std::vector<std::string>& tags,
                                                  const std::optional<Digest>& subject) = 0;
  /// Removes a manifest from the repository, and every tag that points at it. `not_found`.
  [[nodiscard]] virtual Result<void> remove_manifest(const std::string& repository, const Digest& digest) = 0;
  /// Removes a tag and leaves what it pointed at. `not_found`.
  [[nodiscard]] virtual Result<void> remove_tag(const std::string& repository, const std::string& tag) = 0;

  // ---- listings

  /// The tags behind `after` (empty: from the first), at most `limit` of them. `not_found` for a repository that does
  /// not exist.
  [[nodiscard]] virtual Result<ListingPage> list_tags(const std::string& repository, std::string_view after,
                                                      std::size_t limit) = 0;
  [[nodiscard]] virtual Result<ListingPage> list_repositories(std::string_view after, std::size_t limit) = 0;
  /// The manifests of the repository whose subject is `subject`, sorted; those that were pushed before anybody kept
  /// track, and those of a fallback tag, included. An unknown repository or subject has none.
  [[nodiscard]] virtual Result<std::vector<Digest>> list_referrers(const std::string& repository,
                                                                   const Digest& subject) = 0;
  /// Every manifest of the repository, tagged or not, sorted.
  [[nodiscard]] virtual Result<std::vector<StoredRevision>> list_revisions(const std::string& repository) = 0;
};

}  // namespace dray
