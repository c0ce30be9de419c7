#pragma once

#include <dray/base/file.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <filesystem>
#include <memory>

namespace dray {

/// An OCI image layout folder (image-spec 1.1, image-layout.md): `oci-layout`, `index.json`,
/// `blobs/<algorithm>/<hex>`. Tags are the entries' annotation `org.opencontainers.image.ref.name`.
/// What is not ours in the folder is left alone. Partial blobs live in `.dray-tmp/` with their journals.
/// `index.json` is replaced atomically under a lock, so several processes may write at once.
class OciLayout final : public ContentStore, public WritesPositioned, public HasFreeSpace {
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

  /// Every manifest that `index.json` lists, tagged or not.
  [[nodiscard]] Result<std::vector<Descriptor>> list_manifests();

 private:
  struct State;
  explicit OciLayout(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dray
