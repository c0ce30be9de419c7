#pragma once

#include <dray/ops/artifact.hpp>
#include <dray/store/content.hpp>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// An artifact of files that is nowhere yet: a place to copy it from. It answers to its digest.
class ArtifactSource final : public ContentSource {
 public:
  /// Reads the files once, for their digests. The rest is as `push_artifact` says.
  [[nodiscard]] static Result<std::unique_ptr<ArtifactSource>> make(const std::vector<ArtifactFile>& files,
                                                                    const ArtifactOptions& options,
                                                                    const std::stop_token& stop);

  [[nodiscard]] const Manifest& manifest() const noexcept { return manifest_; }
  [[nodiscard]] const Digest& digest() const noexcept { return raw_.descriptor.digest; }

  [[nodiscard]] std::string describe() const override { return "the artifact"; }
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override;
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token&) override {
    return std::vector<std::string>();
  }

 private:
  explicit ArtifactSource(Manifest manifest) : manifest_(std::move(manifest)) {}
  Result<Descriptor> add(const ArtifactFile& file, const std::stop_token& stop);
  Result<void> add_all(const std::vector<ArtifactFile>& files, const ArtifactOptions& options,
                       const std::stop_token& stop);
  Result<void> write();

  Manifest manifest_;
  RawManifest raw_{{MediaType::of(media_types::oci_manifest), Digest::of({})}, {}};
  std::map<Digest, ArtifactFile> files_;
};

}  // namespace dray::ops
