#include "manifest_check.hpp"

#include <fmt/format.h>

namespace dray::server {
namespace {

Response missing(const Descriptor& descriptor, std::string_view what) {
  return refusal(ApiCode::manifest_blob_unknown,
                 fmt::format("{} {} is not in this repository: push it first", what, descriptor.digest.text()),
                 descriptor.digest.text());
}

std::optional<Response> check_blob(RegistryStorage& storage, const std::string& repository, const Descriptor& blob,
                                   std::string_view what) {
  const auto size = storage.blob_size(repository, blob.digest);
  if (!size && size.error().code() == ErrorCode::not_found) {
    const bool may_be_elsewhere = blob.media_type.is_foreign() || !blob.urls.empty();
    return may_be_elsewhere ? std::nullopt : std::optional(missing(blob, what));
  }
  if (!size) return refusal(size.error(), ApiCode::manifest_blob_unknown);
  if (*size == blob.size) return std::nullopt;
  return refusal(ApiCode::size_invalid, fmt::format("{} {} has {} bytes here, the manifest says {}", what,
                                                    blob.digest.text(), *size, blob.size));
}

std::optional<Response> check_entry(RegistryStorage& storage, const std::string& repository, const Descriptor& entry) {
  const auto known = storage.has_manifest(repository, entry.digest);
  if (!known) return refusal(known.error(), ApiCode::manifest_blob_unknown);
  if (*known) return std::nullopt;
  if (entry.media_type.is_index() || entry.media_type.is_manifest()) return missing(entry, "manifest");
  return check_blob(storage, repository, entry, "entry");
}

struct Check {
  RegistryStorage& storage;
  const std::string& repository;
  bool sparse;

  std::optional<Response> operator()(const Manifest& manifest) const {
    if (!manifest.media_type.is_artifact_manifest()) {
      if (auto refused = check_blob(storage, repository, manifest.config, "config")) return refused;
    }
    for (const auto& layer : manifest.layers) {
      if (auto refused = check_blob(storage, repository, layer, "layer")) return refused;
    }
    return std::nullopt;
  }
  std::optional<Response> operator()(const Index& index) const {
    if (sparse) return std::nullopt;
    for (const auto& entry : index.manifests) {
      if (auto refused = check_entry(storage, repository, entry)) return refused;
    }
    return std::nullopt;
  }
  std::optional<Response> operator()(const Schema1& /*manifest*/) const {
    return refusal(ApiCode::manifest_invalid, "schema 1 is too old to be pushed: push schema 2 or an OCI manifest");
  }
};

struct Subject {
  std::optional<Digest> operator()(const Schema1& /*manifest*/) const { return std::nullopt; }
  template <class Document>
  std::optional<Digest> operator()(const Document& document) const {
    return document.subject ? std::optional(document.subject->digest) : std::nullopt;
  }
};

}  // namespace

std::optional<Response> refuse_incomplete(RegistryStorage& storage, const std::string& repository,
                                          const AnyManifest& manifest, bool sparse) {
  return std::visit(Check{storage, repository, sparse}, manifest);
}

std::optional<Digest> subject_of(const AnyManifest& manifest) { return std::visit(Subject{}, manifest); }

}  // namespace dray::server
