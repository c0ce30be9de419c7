#include <dray/store/memory_store.hpp>

#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>
#include <dray/core/reference.hpp>
#include <dray/store/referrers.hpp>
#include <dray/store/verify.hpp>

#include "blob_range.hpp"

namespace dray {
namespace {

/// A part of bytes that several readers share.
class SharedSource final : public ByteSource {
 public:
  SharedSource(std::shared_ptr<const std::string> text, ByteRange range)
      : text_(std::move(text)), left_(as_bytes(*text_).subspan(range.begin, range.size())) {}
  Result<std::size_t> read(ByteSpan into) override {
    const auto count = std::min(into.size(), left_.size());
    std::copy_n(left_.begin(), count, into.begin());
    left_ = left_.subspan(count);
    return count;
  }

 private:
  std::shared_ptr<const std::string> text_;
  ByteView left_;
};

Error not_found(const std::string& what) { return {ErrorCode::not_found, what + " is not in memory"}; }

}  // namespace

Result<Descriptor> MemoryStore::resolve(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto manifest, get_manifest(name, stop));
  return std::move(manifest.descriptor);
}

Result<RawManifest> MemoryStore::get_manifest(const ManifestName& name, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return content_.with([&](const Content& content) -> Result<RawManifest> {
    const auto* digest = std::get_if<Digest>(&name);
    if (digest == nullptr) {
      const auto tag = content.tags.find(std::get<std::string>(name));
      if (tag == content.tags.end()) return not_found("tag " + text(name));
      digest = &tag->second;
    }
    const auto found = content.manifests.find(*digest);
    if (found == content.manifests.end()) return not_found("manifest " + digest->text());
    return found->second;
  });
}

Result<OpenedBlob> MemoryStore::open_blob(const Descriptor& blob, const std::optional<ByteRange>& range,
                                          const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  auto bytes = content_.with([&](const Content& content) {
    const auto found = content.blobs.find(blob.digest);
    return found == content.blobs.end() ? nullptr : found->second;
  });
  if (!bytes) return not_found("blob " + blob.digest.text());
  if (bytes->size() != blob.size) {
    return Error(ErrorCode::digest_mismatch, "blob " + blob.digest.text() + " has " + std::to_string(bytes->size()) +
                                                 " bytes and not " + std::to_string(blob.size));
  }
  DRAY_TRY_ASSIGN(const auto part, range_within(blob, range));
  return OpenedBlob{.bytes = std::make_unique<SharedSource>(std::move(bytes), part), .begin = part.begin};
}

Result<std::vector<std::string>> MemoryStore::list_tags(const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return content_.with([](const Content& content) {
    std::vector<std::string> tags;
    tags.reserve(content.tags.size());
    for (const auto& [tag, digest] : content.tags) tags.push_back(tag);
    return tags;
  });
}

Result<bool> MemoryStore::has_blob(const Descriptor& blob, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return content_.with([&](const Content& content) {
    const auto found = content.blobs.find(blob.digest);
    return found != content.blobs.end() && found->second->size() == blob.size;
  });
}

Result<void> MemoryStore::put_blob(const Descriptor& expected, const BlobOpener& open, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY_ASSIGN(auto source, open());
  const auto verified = verify(std::move(source), expected);
  DRAY_TRY_ASSIGN(auto bytes, read_all(*verified, expected.size));
  DRAY_TRY(check_running(stop));
  auto kept = std::make_shared<const std::string>(std::move(bytes));
  content_.with([&](Content& content) { content.blobs.insert_or_assign(expected.digest, std::move(kept)); });
  return {};
}

Result<bool> MemoryStore::has_manifest(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  return content_.with([&](const Content& content) { return content.manifests.contains(digest); });
}

Result<void> MemoryStore::put_manifest(const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  DRAY_TRY(check_manifest(manifest));
  content_.with([&](Content& content) { content.manifests.insert_or_assign(manifest.descriptor.digest, manifest); });
  return {};
}

Result<void> MemoryStore::set_tag(const std::string& tag, const RawManifest& manifest, const std::stop_token& stop) {
  DRAY_TRY(parse_tag(tag));
  DRAY_TRY(put_manifest(manifest, stop));
  content_.with([&](Content& content) { content.tags.insert_or_assign(tag, manifest.descriptor.digest); });
  return {};
}

Result<void> MemoryStore::remove_tag(const std::string& tag, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  if (content_.with([&](Content& content) { return content.tags.erase(tag); }) == 0) return not_found("tag " + tag);
  return {};
}

Result<void> MemoryStore::remove_manifest(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  const auto removed = content_.with([&](Content& content) {
    std::erase_if(content.tags, [&](const auto& tag) { return tag.second == digest; });
    return content.manifests.erase(digest);
  });
  if (removed == 0) return not_found("manifest " + digest.text());
  return {};
}

Result<void> MemoryStore::remove_blob(const Digest& digest, const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  if (content_.with([&](Content& content) { return content.blobs.erase(digest); }) == 0) {
    return not_found("blob " + digest.text());
  }
  return {};
}

Result<std::vector<Descriptor>> MemoryStore::list_referrers(const Digest& subject,
                                                            const std::optional<MediaType>& artifact_type,
                                                            const std::stop_token& stop) {
  DRAY_TRY(check_running(stop));
  auto found = content_.with([&](const Content& content) {
    std::vector<Descriptor> entries;
    for (const auto& [digest, manifest] : content.manifests) {
      auto referral = referral_of(manifest);
      if (referral && referral->subject == subject) entries.push_back(std::move(referral->entry));
    }
    return entries;
  });
  return select_referrers(std::move(found), artifact_type);
}

Result<void> MemoryStore::finish(const std::stop_token& stop) { return check_running(stop); }

}  // namespace dray
