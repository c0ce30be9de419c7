#include <dray/core/digester.hpp>
#include <dray/core/reference.hpp>
#include <dray/format/manifest.hpp>

#include "manifest_parts.hpp"
#include "registry_local.hpp"

namespace dray {
namespace {

using registry_paths::blob_data;
using registry_paths::blob_data_path;
using registry_paths::referrer_link;
using registry_paths::revision_link;
using registry_paths::revision_link_path;
using registry_paths::tag_link_path;

/// What a manifest in memory costs beside its bytes.
constexpr std::size_t cached_manifest_overhead = 512;

Digest digest_as(DigestAlgorithm algorithm, std::string_view bytes) {
  Digester digester(algorithm);
  digester.update(as_bytes(bytes));
  return digester.finish();
}

Error no_manifest(const std::string& repository, const Digest& digest) {
  return not_in_repository(repository, "manifest " + digest.text());
}

}  // namespace

Result<std::string> read_manifest_bytes(const Directory& root, const Digest& digest) {
  DRAY_TRY_ASSIGN(auto bytes, read_file(root, blob_data_path(digest), limits::max_manifest_bytes));
  if (digest_as(digest.algorithm(), bytes) != digest) {
    return Error(ErrorCode::digest_mismatch, "the manifest " + digest.text() + " is damaged on disk");
  }
  return bytes;
}

namespace {

Result<void> check_bytes(const RawManifest& manifest) {
  if (manifest.bytes.size() > limits::max_manifest_bytes) {
    return Error(ErrorCode::limit_exceeded, "the manifest is larger than 4 MiB");
  }
  const auto& expected = manifest.descriptor.digest;
  if (manifest.bytes.size() == manifest.descriptor.size &&
      digest_as(expected.algorithm(), manifest.bytes) == expected) {
    return {};
  }
  return Error(ErrorCode::digest_mismatch, "the manifest's bytes are not those of " + expected.text());
}

}  // namespace

Result<std::shared_ptr<const RawManifest>> LocalRegistry::read_manifest(const Digest& digest) {
  if (auto cached = manifests_.get(digest)) return *std::move(cached);
  DRAY_TRY_ASSIGN(auto bytes, read_manifest_bytes(core_->tree.root(), digest));
  DRAY_TRY_ASSIGN(auto media_type, manifest_media_type(bytes, ""));
  const auto size = bytes.size();
  auto manifest = std::make_shared<const RawManifest>(RawManifest{
      .descriptor = {.media_type = std::move(media_type), .digest = digest, .size = size}, .bytes = std::move(bytes)});
  manifests_.put(digest, manifest, size + cached_manifest_overhead);
  return manifest;
}

Result<std::shared_ptr<const RawManifest>> LocalRegistry::get_manifest(const std::string& repository,
                                                                       const ManifestName& name) {
  const auto& tree = core_->tree;
  std::optional<Digest> digest;
  if (const auto* const tag = std::get_if<std::string>(&name)) {
    DRAY_TRY_ASSIGN(digest, tree.read_link(tag_link_path(repository, *tag)));
    if (!digest) return not_in_repository(repository, "tag " + *tag);
  } else {
    digest = std::get<Digest>(name);
  }
  DRAY_TRY_ASSIGN(const bool linked, tree.has_link(revision_link_path(repository, *digest), *digest));
  if (!linked) return no_manifest(repository, *digest);
  auto manifest = read_manifest(*digest);
  if (!manifest && manifest.error().code() == ErrorCode::not_found) return no_manifest(repository, *digest);
  return manifest;
}

Result<bool> LocalRegistry::has_manifest(const std::string& repository, const Digest& digest) {
  const auto pushing = core_->gate.enter();
  core_->want(digest);
  DRAY_TRY_ASSIGN(const bool linked, core_->tree.has_link(revision_link_path(repository, digest), digest));
  if (!linked) return false;
  return core_->tree.root().exists(blob_data_path(digest));
}

Result<void> LocalRegistry::put_manifest(const std::string& repository, const RawManifest& manifest,
                                         const std::vector<std::string>& tags, const std::optional<Digest>& subject) {
  DRAY_TRY(core_->check_writable());
  DRAY_TRY(check_repository_path(repository));
  for (const auto& tag : tags) DRAY_TRY(parse_tag(tag));
  DRAY_TRY(check_bytes(manifest));
  const auto& digest = manifest.descriptor.digest;
  Publication publication(core_->tree);
  DRAY_TRY(publication.add(blob_data(digest), as_bytes(manifest.bytes)));
  if (subject) DRAY_TRY(publication.add_link(referrer_link(repository, *subject, digest), digest));
  DRAY_TRY(publication.add_link(revision_link(repository, digest), digest));
  DRAY_TRY(publication.prepare());
  const auto pushing = core_->gate.enter();
  core_->want(digest);
  // Before it can be seen: a collection that does not meet it while it looks around learns of it so.
  core_->births.add(repository, digest);
  DRAY_TRY(publication.place());
  return set_tags(repository, digest, tags);
}

/// The caller has the gate to itself.
Result<void> LocalRegistry::drop_tags_of(const std::string& repository, const Digest& digest) {
  DRAY_TRY_ASSIGN(const auto all, tag_list(repository));
  for (const auto& tag : all->names) {
    DRAY_TRY_ASSIGN(const bool points, core_->tree.has_link(tag_link_path(repository, tag), digest));
    if (points) DRAY_TRY(drop_tag(repository, tag));
  }
  return {};
}

/// Takes a manifest out of the repository, no tag of which points at it. The caller has the gate to itself.
Result<void> LocalRegistry::drop_revision(const std::string& repository, const Digest& digest) {
  const auto manifest = read_manifest(digest);
  DRAY_TRY(core_->tree.remove_and_sync(revision_link_path(repository, digest)));
  // Its entry among the referrers shows nothing without the revision; where it cannot be found it may stay.
  if (!manifest) return {};
  const auto parsed = parse_manifest((*manifest)->bytes, "");
  const auto subject = parsed ? subject_of(*parsed) : std::nullopt;
  if (subject) DRAY_TRY(core_->tree.remove_and_sync(referrer_link(repository, *subject, digest).path()));
  return {};
}

Result<void> LocalRegistry::remove_manifest(const std::string& repository, const Digest& digest) {
  DRAY_TRY(core_->check_writable());
  // Alone: a push of the same manifest under a new tag comes before all of this or after it.
  const auto step = core_->gate.step();
  DRAY_TRY_ASSIGN(const bool there, core_->tree.has_link(revision_link_path(repository, digest), digest));
  if (!there) return no_manifest(repository, digest);
  DRAY_TRY(drop_tags_of(repository, digest));
  return drop_revision(repository, digest);
}

}  // namespace dray
