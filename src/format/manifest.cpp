#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>

#include "manifest_json.hpp"
#include "manifest_type.hpp"

namespace dray {
namespace {

constexpr std::string_view empty_document = "{}";

Descriptor empty_config() {
  return {.media_type = MediaType::of(media_types::oci_empty),
          .digest = Digest::of(as_bytes(empty_document)),
          .size = empty_document.size(),
          .data = std::string(empty_document)};
}

Result<std::vector<Descriptor>> read_descriptors(const Fields& document, std::string_view key, std::size_t limit) {
  if (!document.has(key)) return Error(ErrorCode::invalid_input, document.path(key) + " is missing");
  std::vector<Descriptor> out;
  DRAY_TRY_ASSIGN(const auto* items, document.array(key, limit));
  if (items == nullptr) return out;
  out.reserve(items->size());
  for (const Json& item : *items) {
    DRAY_TRY_ASSIGN(auto descriptor, descriptor_from_json(item, item_path(document.path(key), out.size())));
    out.push_back(std::move(descriptor));
  }
  return out;
}

Result<Descriptor> read_config(const Fields& document) {
  const Json* config = document.find("config");
  if (config == nullptr) return Error(ErrorCode::invalid_input, "config is missing");
  return descriptor_from_json(*config, "config");
}

/// The members that manifests and indexes share.
template <class Document>
Result<void> read_common(const Fields& fields, Document& out) {
  DRAY_TRY_ASSIGN(out.artifact_type, optional_media_type(fields, "artifactType"));
  DRAY_TRY_ASSIGN(out.annotations, fields.text_map("annotations"));
  if (const Json* subject = fields.find("subject")) {
    DRAY_TRY_ASSIGN(out.subject, descriptor_from_json(*subject, "subject"));
  }
  return {};
}

Result<AnyManifest> read_manifest(const Fields& document, MediaType type) {
  DRAY_TRY_ASSIGN(auto config, read_config(document));
  Manifest manifest{.media_type = std::move(type), .config = std::move(config)};
  DRAY_TRY_ASSIGN(manifest.layers, read_descriptors(document, "layers", limits::max_layers));
  DRAY_TRY(read_common(document, manifest));
  return AnyManifest(std::move(manifest));
}

Result<AnyManifest> read_artifact(const Fields& document, MediaType type) {
  Manifest manifest{.media_type = std::move(type), .config = empty_config()};
  if (document.has("blobs")) {
    DRAY_TRY_ASSIGN(manifest.layers, read_descriptors(document, "blobs", limits::max_layers));
  }
  DRAY_TRY(read_common(document, manifest));
  return AnyManifest(std::move(manifest));
}

Result<AnyManifest> read_index(const Fields& document, MediaType type) {
  Index index{.media_type = std::move(type)};
  DRAY_TRY_ASSIGN(index.manifests, read_descriptors(document, "manifests", limits::max_manifest_entries));
  DRAY_TRY(read_common(document, index));
  return AnyManifest(std::move(index));
}

Result<std::vector<Digest>> read_schema1_layers(const Fields& document) {
  DRAY_TRY_ASSIGN(const auto* items, document.array("fsLayers", limits::max_layers));
  DRAY_TRY_ASSIGN(const auto* history, document.array("history", limits::max_layers));
  if (items == nullptr) return Error(ErrorCode::invalid_input, "fsLayers is missing");
  if (history != nullptr && history->size() != items->size()) {
    return Error(ErrorCode::invalid_input, "fsLayers and history differ in length");
  }
  std::vector<Digest> layers;
  for (const Json& item : *items) {
    DRAY_TRY_ASSIGN(const auto fields, Fields::of(item, item_path("fsLayers", layers.size())));
    DRAY_TRY_ASSIGN(const auto digest, digest_member(fields, "blobSum"));
    layers.push_back(digest);
  }
  std::ranges::reverse(layers);
  return layers;
}

Result<AnyManifest> read_schema1(const Fields& document, MediaType type) {
  Schema1 schema1{.media_type = std::move(type)};
  DRAY_TRY_ASSIGN(schema1.name, document.text("name"));
  DRAY_TRY_ASSIGN(schema1.tag, document.text("tag"));
  DRAY_TRY_ASSIGN(schema1.architecture, document.text("architecture"));
  DRAY_TRY_ASSIGN(schema1.layers, read_schema1_layers(document));
  return AnyManifest(std::move(schema1));
}

}  // namespace

Result<AnyManifest> parse_manifest(std::string_view bytes, std::string_view content_type) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(bytes));
  DRAY_TRY_ASSIGN(const auto document, Fields::of(json, ""));
  DRAY_TRY_ASSIGN(auto type, decide_manifest_type(document, content_type));
  if (type.is_index()) return read_index(document, std::move(type));
  if (type.is_schema1()) return read_schema1(document, std::move(type));
  if (type.is_artifact_manifest()) return read_artifact(document, std::move(type));
  return read_manifest(document, std::move(type));
}

Result<MediaType> manifest_media_type(std::string_view bytes, std::string_view content_type) {
  DRAY_TRY_ASSIGN(const auto json, Json::parse(bytes));
  DRAY_TRY_ASSIGN(const auto document, Fields::of(json, ""));
  return decide_manifest_type(document, content_type);
}

}  // namespace dray
