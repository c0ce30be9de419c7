#pragma once

#include <dray/base/file.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <dray/store/referrers.hpp>
#include <filesystem>
#include <functional>
#include <memory>

namespace dray {

/// An OCI image layout folder (image-spec 1.1, image-layout.md): `oci-layout`, `index.json`,
/// `blobs/<algorithm>/<hex>`. Tags are the entries' annotation `org.opencontainers.image.ref.name`. A tag is also found
/// where the annotation, or containerd's `io.containerd.image.name`, is a full reference that ends in `:tag`;
/// `list_tags` then gives the full reference.
/// What is not ours in the folder is left alone, and no link inside is followed. Partial blobs live in `.dray-tmp/`
/// with their journals (docs/formats/partial.md); the folder goes when nothing is under way.
/// `index.json` is replaced atomically under a lock, so several processes may write at once.
/// Referrers are listed as regctl and oras find them: by the tag `sha256-<hex>`, an index that is kept while manifests
/// with a subject are put and removed; those that `index.json` lists itself are read for their subjects besides.
class OciLayout final : public ContentStore,
                        public WritesPositioned,
                        public HoldsFiles,
                        public HasFreeSpace,
                        public ListsReferrers,
                        public ListsTagDigests {
 public:
  /// Opens a layout for reading (and removing). `not_found` when the folder is no layout.
  [[nodiscard]] static Result<std::shared_ptr<OciLayout>> open(const std::filesystem::path& folder);
  /// Opens or makes one. A folder that holds other things and no `oci-layout` is refused.
  [[nodiscard]] static Result<std::shared_ptr<OciLayout>> create(const std::filesystem::path& folder);
  ~OciLayout() override;

  [[nodiscard]] std::string describe() const override;
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override;
  [[nodiscard]] std::optional<FileDescriptor> blob_file(const Descriptor& blob, const std::stop_token& stop) override;
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

  /// Every manifest that `index.json` lists, tagged or not, with the annotations of its entry.
  [[nodiscard]] Result<std::vector<Descriptor>> list_manifests();
  /// Stores a manifest and lists it without a tag: the last step of a copy by digest. A manifest that was only put
  /// (the child of an index) is found by its digest and not listed.
  [[nodiscard]] Result<void> add_manifest(const RawManifest& manifest, const std::stop_token& stop);

 private:
  struct State;
  explicit OciLayout(std::unique_ptr<State> state);
  [[nodiscard]] Result<void> list_as_referrer(const RawManifest& manifest, const std::stop_token& stop);
  [[nodiscard]] Result<void> unlist_referrer(const Referral& referral, const std::stop_token& stop);
  [[nodiscard]] Result<void> change_referrers(const Digest& subject, const std::function<bool(IndexDocument&)>& change,
                                              const std::stop_token& stop);
  std::unique_ptr<State> state_;
};

}  // namespace dray
