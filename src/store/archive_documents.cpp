#include "archive_documents.hpp"

#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>

#include <map>
#include <unordered_set>

#include "layout_folder.hpp"
#include "manifest_parts.hpp"
#include "partial_file.hpp"

namespace dray {
namespace {

/// True where a listed blob is no manifest by itself, whatever the disk does: it is kept as the bare bytes it is.
bool is_no_manifest(const Error& error) {
  return error.code() == ErrorCode::not_found || error.code() == ErrorCode::limit_exceeded;
}

/// Walks from manifests to what they name.
class Walk {
 public:
  explicit Walk(const ArchivedManifests& manifests) : manifests_(manifests) {}
  Result<void> visit(const Digest& digest, std::size_t depth);
  std::vector<Digest> take() && { return std::move(found_); }

 private:
  Result<void> visit_parts(const Digest& digest, std::size_t depth);

  const ArchivedManifests& manifests_;
  std::unordered_set<Digest> seen_;
  std::size_t visited_ = 0;
  std::vector<Digest> found_;
};

Result<void> Walk::visit(const Digest& digest, std::size_t depth) {
  if (!manifests_.holds(digest) || !seen_.insert(digest).second) return {};
  DRAY_TRY(visit_parts(digest, depth));
  found_.push_back(digest);
  return {};
}

Result<void> Walk::visit_parts(const Digest& digest, std::size_t depth) {
  const auto raw = manifests_.read_manifest(digest);
  if (!raw) return is_no_manifest(raw.error()) ? Result<void>() : raw.error();
  if (depth > limits::max_index_depth || ++visited_ > limits::max_manifests) {
    return Error(ErrorCode::limit_exceeded, "its images have more than " + std::to_string(limits::max_manifests) +
                                                " manifests, or indexes inside one another");
  }
  const auto parsed = parse_manifest(raw->bytes, raw->descriptor.media_type.text());
  if (!parsed) return {};
  for (const auto& blob : blobs_of(*parsed)) {
    if (manifests_.holds(blob.digest) && seen_.insert(blob.digest).second) found_.push_back(blob.digest);
  }
  for (const auto& entry : entries_of(*parsed)) DRAY_TRY(visit(entry, depth + 1));
  return {};
}

/// The entry that docker loads: the host's platform, else the first that is here.
std::optional<Digest> choose_entry(const Index& index, const ArchivedManifests& manifests) {
  std::optional<Digest> first;
  const auto host = Platform::host();
  for (const auto& entry : index.manifests) {
    if (!manifests.holds(entry.digest)) continue;
    if (entry.platform && entry.platform->os == host.os && entry.platform->architecture == host.architecture) {
      return entry.digest;
    }
    const bool unknown = entry.platform && entry.platform->os == "unknown";  // an attestation
    if (!first && !unknown) first = entry.digest;
  }
  return first;
}

/// The image that a name stands for in docker; nullopt for what is no image.
Result<std::optional<Manifest>> image_of(const Digest& root, const ArchivedManifests& manifests) {
  auto digest = root;
  for (std::size_t depth = 0; depth <= limits::max_index_depth; ++depth) {
    const auto raw = manifests.read_manifest(digest);
    if (!raw && !is_no_manifest(raw.error())) return raw.error();
    if (!raw) return std::optional<Manifest>();
    auto parsed = parse_manifest(raw->bytes, raw->descriptor.media_type.text());
    if (!parsed) return std::optional<Manifest>();
    if (auto* const image = std::get_if<Manifest>(&*parsed)) {
      if (!image->config.media_type.is_config()) return std::optional<Manifest>();
      return std::optional(std::move(*image));
    }
    const auto* const index = std::get_if<Index>(&*parsed);
    const auto next = index == nullptr ? std::nullopt : choose_entry(*index, manifests);
    if (!next) return std::optional<Manifest>();
    digest = *next;
  }
  return std::optional<Manifest>();
}

Result<Json> docker_item(const Digest& root, const Manifest& image, const Json::Array& names,
                         const ArchivedManifests& manifests) {
  Json::Array layers;
  for (const auto& layer : image.layers) {
    if (!manifests.holds(layer.digest)) {
      return Error(ErrorCode::unsupported,
                   "docker cannot load " + root.text() + " without its layer " + layer.digest.text() +
                       ", which was left behind its URLs: bring it along (--foreign include) or write an OCI archive");
    }
    layers.emplace_back(blob_path(layer.digest));
  }
  Json item;
  item.set("Config", blob_path(image.config.digest));
  item.set("RepoTags", names);
  item.set("Layers", std::move(layers));
  return item;
}

/// Each digest of the index with all its names, in the order of the index.
struct Named {
  Digest digest;
  Json::Array names;
};
std::vector<Named> by_digest(const LayoutIndex& index) {
  std::vector<Named> found;
  std::map<Digest, std::size_t> places;
  for (const auto& entry : index.entries()) {
    const auto [at, is_new] = places.try_emplace(entry.digest, found.size());
    if (is_new) found.push_back({entry.digest, {}});
    auto& names = found[at->second].names;
    for (const auto& reference : LayoutIndex::references_of(entry)) names.emplace_back(reference.familiar());
  }
  return found;
}

Result<std::string> docker_manifest(const LayoutIndex& index, const ArchivedManifests& manifests) {
  Json::Array items;
  for (const auto& [digest, names] : by_digest(index)) {
    DRAY_TRY_ASSIGN(const auto image, image_of(digest, manifests));
    if (!image || !manifests.holds(image->config.digest)) continue;
    DRAY_TRY_ASSIGN(auto item, docker_item(digest, *image, names, manifests));
    items.push_back(std::move(item));
  }
  return Json(std::move(items)).dump();
}

Result<void> check_size(const ArchiveDocument& document, std::uint64_t limit) {
  if (document.text.size() <= limit) return {};
  return Error(ErrorCode::limit_exceeded,
               "its " + document.path + " would be larger than " + std::to_string(limit) + " bytes");
}

}  // namespace

Result<std::vector<Digest>> reachable_from(const std::vector<Digest>& roots, const ArchivedManifests& manifests) {
  Walk walk(manifests);
  for (const auto& root : roots) DRAY_TRY(walk.visit(root, 0));
  return std::move(walk).take();
}

std::vector<Digest> digests_of(const LayoutIndex& index) {
  std::vector<Digest> digests;
  for (const auto& entry : index.entries()) digests.push_back(entry.digest);
  return digests;
}

Result<void> list_tops(LayoutIndex& index, const std::vector<Descriptor>& put, const ArchivedManifests& manifests) {
  DRAY_TRY_ASSIGN(const auto listed, reachable_from(digests_of(index), manifests));
  std::set<Digest> known(listed.begin(), listed.end());
  std::vector<Descriptor> tops;
  // A parent comes behind its children: from the last to the first, what is not known by then is on top.
  for (auto manifest = put.rbegin(); manifest != put.rend(); ++manifest) {
    if (!manifests.holds(manifest->digest) || known.contains(manifest->digest)) continue;
    DRAY_TRY_ASSIGN(const auto below, reachable_from({manifest->digest}, manifests));
    known.insert(below.begin(), below.end());
    tops.push_back(*manifest);
  }
  for (auto top = tops.rbegin(); top != tops.rend(); ++top) DRAY_TRY(index.add(*top));
  return {};
}

Result<std::vector<ArchiveDocument>> archive_documents(ArchiveKind kind, const LayoutIndex& index,
                                                       const ArchivedManifests& manifests) {
  std::vector<ArchiveDocument> documents;
  documents.push_back({layout_header_file, std::string(layout_header)});
  documents.push_back({layout_index_file, index.serialize()});
  DRAY_TRY(check_size(documents.back(), limits::max_layout_index_bytes));
  if (kind == ArchiveKind::oci) return documents;
  DRAY_TRY_ASSIGN(auto docker, docker_manifest(index, manifests));
  documents.push_back({docker_manifest_file, std::move(docker)});
  DRAY_TRY(check_size(documents.back(), limits::max_docker_manifest_bytes));
  return documents;
}

}  // namespace dray
