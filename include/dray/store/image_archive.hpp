#pragma once

#include <dray/core/reference.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dray {

/// What an archive of images is made for. Both are a tar of an OCI layout here; docker's has a `manifest.json` besides,
/// by which docker, podman and skopeo load it, and its images are named by full references.
enum class ArchiveKind : std::uint8_t { oci, docker };

/// Images in one tar file. Reads OCI archives, docker's of every age, plain or compressed with gzip or zstd, from a
/// file or a pipe; writes the forms of docs/formats/oci-archive.md and docker-archive.md, plain. What is written is
/// gathered in a new file beside the archive (`.dray-tmp/`), several blobs at a time; `finish` puts it in the archive's
/// place. Until then the archive is as it was, and a later process goes on where this one stopped. Blobs that no image
/// needs are not in what `finish` writes. Two writers wait for one another. A tag is the annotation
/// `org.opencontainers.image.ref.name`. In docker's archives a tag is a reference as docker prints it (`alpine:3`),
/// unless `call_by` says which repository's tags are meant. Referrers are listed as in an OCI layout. Safe from many
/// threads.
class ImageArchive final : public ContentStore,
                           public WritesPositioned,
                           public HasFreeSpace,
                           public ListsReferrers,
                           public ListsTagDigests,
                           public LaysOutBlobs {
 public:
  /// Opens an archive for reading and changing. `path` `-` is standard input, which can only be read.
  /// Errors: `not_found`; `invalid_input` for what is no archive of the kind; `unsupported`; `no_space`.
  [[nodiscard]] static Result<std::shared_ptr<ImageArchive>> open(const std::string& path, ArchiveKind kind,
                                                                  const std::stop_token& stop = {});
  /// The same; without a file there it begins with no images. The folder must be there.
  [[nodiscard]] static Result<std::shared_ptr<ImageArchive>> create(const std::string& path, ArchiveKind kind,
                                                                    const std::stop_token& stop = {});
  ~ImageArchive() override;

  [[nodiscard]] ArchiveKind kind() const noexcept;
  /// From now on tags are those of that repository, for docker's archives; called before the archive is shared.
  void call_by(RepositoryName repository);
  /// The repositories of the references that name images.
  [[nodiscard]] std::vector<RepositoryName> repositories() const;
  /// Every manifest that is listed, named or not, with the annotations of its entry.
  [[nodiscard]] std::vector<Descriptor> list_manifests() const;

  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override;
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_blob(const Descriptor& expected, const BlobOpener& open,
                                      const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> set_tag(const std::string& tag, const RawManifest& manifest,
                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override;
  /// Publishes what was written and changed; nothing where nothing was. Manifests that were put and that no other names
  /// are listed without a name. Errors: `digest_mismatch` where what is kept of the old archive is damaged;
  /// `unsupported` for an image that docker could not load; `no_space`; ….
  [[nodiscard]] Result<void> finish(const std::stop_token& stop) override;
  [[nodiscard]] Result<std::unique_ptr<PositionedWriter>> begin_blob(const Descriptor& blob,
                                                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<std::uint64_t> free_bytes() override;
  [[nodiscard]] Result<std::uint64_t> set_aside_bytes(const Descriptor& blob) override;
  [[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) override;
  [[nodiscard]] Result<std::vector<std::pair<std::string, Digest>>> list_tag_digests(
      const std::stop_token& stop) override;
  [[nodiscard]] Result<void> lay_out(const std::vector<Descriptor>& blobs, const std::stop_token& stop) override;

 private:
  struct State;
  explicit ImageArchive(std::unique_ptr<State> state);
  [[nodiscard]] static Result<std::shared_ptr<ImageArchive>> make(const std::string& path, ArchiveKind kind,
                                                                  bool may_be_absent, const std::stop_token& stop);
  std::unique_ptr<State> state_;
};

/// Writes an archive as it comes, to a pipe: blobs one after another in the order of their arrival, the documents at
/// the end. What was written cannot be taken back: after a failure the archive has no end, and every reader says so.
/// Its images' names are as in `ImageArchive`.
class ArchiveStream final : public ContentSink {
 public:
  /// `file` is a descriptor that stays the caller's, and open as long as this lives.
  ArchiveStream(int file, ArchiveKind kind);
  ~ArchiveStream() override;

  [[nodiscard]] ArchiveKind kind() const noexcept;
  /// As `ImageArchive::call_by`.
  void call_by(RepositoryName repository);

  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_blob(const Descriptor& expected, const BlobOpener& open,
                                      const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> set_tag(const std::string& tag, const RawManifest& manifest,
                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> finish(const std::stop_token& stop) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dray
