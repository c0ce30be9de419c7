#pragma once

#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>

namespace dray {

/// One image in a plain folder, as skopeo's `dir:` has it: `version`, `manifest.json`, `<hex>` for each blob and
/// `<hex>.manifest.json` for each manifest of an index (docs/formats/dir.md).
/// The folder knows no tags: its image answers to `latest`, what an address without a tag means everywhere, and to
/// nothing else. `set_tag("latest", …)` puts another image in its place; any other tag is `unsupported`, so that a copy
/// of several images does not end as the last of them. A manifest's type is what its document says.
/// Referrers lie beside the image as the manifests of an index do, and are found by reading them.
/// `finish` removes what only the image before it needed, unless another process writes here. Several may: blobs and
/// manifests come whole or not at all, `manifest.json` last, and the last one's image stands.
/// Files that are no part of the format are left alone; signatures too, while their manifest stays.
class DirectoryImage final : public ContentStore,
                             public WritesPositioned,
                             public HoldsFiles,
                             public HasFreeSpace,
                             public ListsReferrers {
 public:
  /// Opens an image to read it. `not_found` when the folder is absent or holds no image; `unsupported` for a later
  /// version of the format.
  [[nodiscard]] static Result<std::shared_ptr<DirectoryImage>> open(const std::filesystem::path& folder);
  /// Opens or makes a folder to write an image into. One that holds other things and no `version` is refused.
  [[nodiscard]] static Result<std::shared_ptr<DirectoryImage>> create(const std::filesystem::path& folder);
  ~DirectoryImage() override;

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

 private:
  struct State;
  explicit DirectoryImage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dray
