#include <dray/app/cached.hpp>
#include <dray/client/mirrored.hpp>
#include <dray/store/abilities.hpp>
#include <utility>

namespace dray {
namespace {

class Cached final : public ContentSource,
                     public HasOrigin,
                     public OpensUrls,
                     public HoldsFiles,
                     public ListsReferrers,
                     public client::NamesAnswerer {
 public:
  Cached(std::shared_ptr<ContentSource> source, std::shared_ptr<BlobCache> cache)
      : source_(std::move(source)), cache_(std::move(cache)) {}

  [[nodiscard]] std::string describe() const override { return source_->describe(); }
  [[nodiscard]] Result<Descriptor> resolve(const ManifestName& name, const std::stop_token& stop) override {
    return source_->resolve(name, stop);
  }
  [[nodiscard]] Result<RawManifest> get_manifest(const ManifestName& name, const std::stop_token& stop) override {
    return source_->get_manifest(name, stop);
  }
  [[nodiscard]] Result<std::vector<std::string>> list_tags(const std::stop_token& stop) override {
    return source_->list_tags(stop);
  }
  [[nodiscard]] Result<OpenedBlob> open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                             const std::stop_token& stop) override {
    return cache_->open_blob(*source_, blob, range, stop);
  }
  [[nodiscard]] std::optional<FileDescriptor> blob_file(const Descriptor& blob, const std::stop_token& stop) override {
    return cache_->blob_file(blob, stop);
  }

  [[nodiscard]] RepositoryOrigin origin() const override {
    const auto* const known = dynamic_cast<const HasOrigin*>(source_.get());
    return known != nullptr ? known->origin() : RepositoryOrigin{};
  }
  [[nodiscard]] Result<OpenedBlob> open_url(const Descriptor& blob, const std::string& url,
                                            const std::optional<ByteRange>& range,
                                            const std::stop_token& stop) override {
    auto* const opener = dynamic_cast<OpensUrls*>(source_.get());
    if (opener == nullptr) return Error(ErrorCode::unsupported, describe() + " opens no URLs");
    return opener->open_url(blob, url, range, stop);
  }
  [[nodiscard]] Result<std::vector<Descriptor>> list_referrers(const Digest& subject,
                                                               const std::optional<MediaType>& artifact_type,
                                                               const std::stop_token& stop) override {
    auto* const lister = dynamic_cast<ListsReferrers*>(source_.get());
    if (lister == nullptr) return Error(ErrorCode::unsupported, describe() + " lists no referrers");
    return lister->list_referrers(subject, artifact_type, stop);
  }
  [[nodiscard]] std::string answered_by() const override {
    const auto* const teller = dynamic_cast<const client::NamesAnswerer*>(source_.get());
    return teller != nullptr ? teller->answered_by() : std::string();
  }

 private:
  std::shared_ptr<ContentSource> source_;
  std::shared_ptr<BlobCache> cache_;
};

}  // namespace

std::shared_ptr<ContentSource> cached(std::shared_ptr<ContentSource> source, std::shared_ptr<BlobCache> cache) {
  return std::make_shared<Cached>(std::move(source), std::move(cache));
}

}  // namespace dray
