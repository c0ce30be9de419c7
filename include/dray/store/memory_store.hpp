#pragma once

#include <dray/base/guarded.hpp>
#include <dray/store/abilities.hpp>
#include <dray/store/content.hpp>
#include <map>

namespace dray {

/// A place in memory, for tests and for images that are being put together.
class MemoryStore final : public ContentStore, public ListsReferrers {
 public:
  [[nodiscard]] std::string describe() const override { return "memory"; }
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
  [[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) override;

 private:
  struct Content {
    std::map<Digest, std::shared_ptr<const std::string>> blobs;
    std::map<Digest, RawManifest> manifests;
    std::map<std::string, Digest> tags;
  };
  Guarded<Content> content_;
};

}  // namespace dray
