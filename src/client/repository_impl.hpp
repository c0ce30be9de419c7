#pragma once

#include <dray/client/repository.hpp>
#include <dray/store/blob_sizes.hpp>
#include <dray/store/referrers.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blob_answer.hpp"
#include "blob_links.hpp"
#include "subject_turns.hpp"

namespace dray::client {

/// A HEAD that was not understood, rather than answered: the same is asked with a GET.
[[nodiscard]] constexpr bool is_head_refused(int status) noexcept {
  return status == 400 || status == 405 || status == 501;
}

/// The repository over a client. repository_manifests.cpp, repository_referrers.cpp, repository_blobs.cpp and
/// repository_uploads.cpp hold its parts.
class RepositoryImpl final : public Repository, public TellsBlobSizes {
 public:
  RepositoryImpl(std::shared_ptr<RegistryClient> client, RepositoryName name);

  [[nodiscard]] const RepositoryName& name() const noexcept override { return name_; }
  [[nodiscard]] std::string describe() const override { return name_.text(); }
  [[nodiscard]] RepositoryOrigin origin() const override { return {name_.registry().text(), name_.path()}; }
  [[nodiscard]] Result<void> finish(const std::stop_token& /*stop*/) override { return {}; }

  // Manifests and tags
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> has_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> put_manifest(const RawManifest& manifest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> set_tag(const std::string& tag, const RawManifest& manifest,
                                     const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_tag(const std::string& tag, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_manifest(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override;

  // Referrers
  [[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) override;

  // Blobs
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override;
  [[nodiscard]] Result<OpenedBlob> open_url(const Descriptor& blob, const std::string& url,
                                            const std::optional<ByteRange>& range,
                                            const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> has_blob(const Descriptor& blob, const std::stop_token& stop) override;
  [[nodiscard]] Result<std::uint64_t> head_blob(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<std::uint64_t> blob_size(const Digest& digest, const std::stop_token& stop) override {
    return head_blob(digest, stop);
  }
  [[nodiscard]] Result<BlobLocation> locate_blob(const Digest& digest, const std::stop_token& stop) override;
  [[nodiscard]] Result<void> remove_blob(const Digest& digest, const std::stop_token& stop) override;

  // Uploads
  [[nodiscard]] Result<void> put_blob(const Descriptor& expected, const BlobOpener& open,
                                      const std::stop_token& stop) override;
  [[nodiscard]] Result<bool> mount_blob(const Descriptor& blob, const RepositoryOrigin& from,
                                        const std::stop_token& stop) override;

 private:
  using Answer = std::unique_ptr<http::Exchange>;
  /// What a subject's tag holds.
  struct ReferrersList {
    IndexDocument document;
    std::optional<Digest> digest;  ///< Nothing where there is no such tag.
  };

  [[nodiscard]] std::string path(std::string_view rest) const;
  [[nodiscard]] ApiCall call(http::Method method, std::string_view rest, std::vector<Scope> scopes) const;
  /// Sends, and puts `attempted` before an error.
  [[nodiscard]] Result<Answer> send(const ApiCall& call, const std::string& attempted, const std::stop_token& stop);
  [[nodiscard]] Result<void> remove(std::string_view rest, const std::string& attempted, const std::stop_token& stop);
  void tell(std::string text) const;

  [[nodiscard]] std::string attempt(std::string_view verb, const ManifestName& name) const;
  [[nodiscard]] ApiCall manifest_call(http::Method method, const ManifestName& name) const;
  [[nodiscard]] Result<std::optional<Descriptor>> head_manifest(const ManifestName& name, const std::stop_token& stop);
  [[nodiscard]] Result<Descriptor> describe_manifest(const ManifestName& name, const http::ResponseHead& head,
                                                     const std::string& bytes) const;
  [[nodiscard]] Result<void> push_manifest(const ManifestName& name, const RawManifest& manifest,
                                           const std::stop_token& stop);

  /// What the registry lists; nullopt where it has no API for that.
  [[nodiscard]] Result<std::optional<std::vector<Descriptor>>> ask_referrers(
      const Digest& subject, const std::optional<MediaType>& artifact_type, const std::stop_token& stop);
  [[nodiscard]] Result<ReferrersList> read_referrers_tag(const Digest& subject, const std::stop_token& stop);
  [[nodiscard]] Result<void> change_referrers_tag(const Digest& subject,
                                                  const std::function<bool(IndexDocument&)>& change,
                                                  const std::stop_token& stop);
  /// Replaces the list that was read; one without entries goes.
  [[nodiscard]] Result<void> write_referrers_tag(const Digest& subject, const ReferrersList& list,
                                                 const std::stop_token& stop);
  [[nodiscard]] Result<void> unlist_referrer(const Referral& referral, const std::stop_token& stop);

  [[nodiscard]] Result<std::optional<BlobAnswer>> open_remembered(const Descriptor& blob,
                                                                  const std::optional<ByteRange>& range,
                                                                  const std::string& attempted,
                                                                  const std::stop_token& stop);
  [[nodiscard]] Result<BlobAnswer> open_through_registry(const Descriptor& blob, const std::optional<ByteRange>& range,
                                                         const std::string& attempted, const std::stop_token& stop);
  [[nodiscard]] Result<Answer> probe_blob(const Digest& digest, const std::vector<Scope>& scopes, bool follow,
                                          const std::string& attempted, const std::stop_token& stop);

  std::shared_ptr<RegistryClient> client_;
  RepositoryName name_;
  BlobLinks links_;
  SubjectTurns turns_;
};

}  // namespace dray::client
