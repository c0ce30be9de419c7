#include "manifest_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "manifest_json.hpp"

namespace dray {
namespace {

/// Header types that say nothing about what a document is; static file servers send them.
constexpr std::array<std::string_view, 4> types_without_meaning{"application/json", "text/plain",
                                                                "application/octet-stream", "binary/octet-stream"};

Error bad_type(std::string message) { return {ErrorCode::invalid_input, std::move(message)}; }

Result<std::optional<MediaType>> header_type(std::string_view content_type) {
  if (content_type.empty()) return std::optional<MediaType>();
  DRAY_TRY_ASSIGN(auto type, MediaType::from_content_type(content_type).transform_error([](Error e) {
    return std::move(e).context("the answer's Content-Type");
  }));
  const bool meaningless = std::ranges::any_of(types_without_meaning, [&](auto other) { return type == other; });
  if (meaningless) return std::optional<MediaType>();
  return std::optional<MediaType>(std::move(type));
}

MediaType schema1_type(const Fields& document) {
  return MediaType::of(document.has("signatures") ? media_types::docker_schema1_signed : media_types::docker_schema1);
}

/// A Docker manifest names itself, as a rule; where it does not, its config's type tells.
bool has_docker_config(const Fields& document) {
  const Json* config = document.find("config");
  const Json* type = config == nullptr ? nullptr : config->find("mediaType");
  return type != nullptr && type->as_string() != nullptr && *type->as_string() == media_types::docker_config;
}

Result<MediaType> type_by_members(const Fields& document) {
  if (document.has("fsLayers")) return schema1_type(document);
  if (document.has("manifests")) return MediaType::of(media_types::oci_index);
  if (document.has("config") || document.has("layers")) {
    return MediaType::of(has_docker_config(document) ? media_types::docker_manifest : media_types::oci_manifest);
  }
  return bad_type("the document is neither a manifest nor an index: it has no 'layers' and no 'manifests'");
}

Result<void> refuse_members(const Fields& document, const MediaType& type,
                            std::initializer_list<std::string_view> foreign) {
  const auto found = std::ranges::find_if(foreign, [&](std::string_view key) { return document.has(key); });
  if (found == foreign.end()) return {};
  return bad_type(fmt::format("the document is a {}, which has no member '{}': it can be read as two different things",
                              type.text(), *found));
}

Result<void> check_members(const Fields& document, const MediaType& type) {
  if (type.is_index()) return refuse_members(document, type, {"config", "layers", "fsLayers", "blobs"});
  if (type.is_manifest()) return refuse_members(document, type, {"manifests", "fsLayers", "blobs"});
  if (type.is_artifact_manifest()) return refuse_members(document, type, {"manifests", "fsLayers", "config", "layers"});
  if (type.is_schema1()) return refuse_members(document, type, {"manifests", "config", "layers", "blobs"});
  return Error(ErrorCode::unsupported,
               fmt::format("the document's type is {}, which is neither a manifest nor an index", type.text()));
}

Result<void> check_schema_version(const Fields& document, const MediaType& type) {
  if (type.is_artifact_manifest()) return {};  // It never had one.
  const std::int64_t wanted = type.is_schema1() ? 1 : 2;
  const Json* version = document.find("schemaVersion");
  if (version == nullptr) return bad_type("schemaVersion is missing");
  if (version->as_int() == wanted) return {};
  return wrong_type("schemaVersion", *version, fmt::format("{} in a {}", wanted, type.text()));
}

Result<MediaType> declared_type(const Fields& document, std::string_view content_type) {
  DRAY_TRY_ASSIGN(auto own, optional_media_type(document, "mediaType"));
  DRAY_TRY_ASSIGN(auto header, header_type(content_type));
  if (own && header && *own != *header) {
    return bad_type(fmt::format("the document says that it is a {}, the answer's Content-Type that it is a {}",
                                own->text(), header->text()));
  }
  if (own) return std::move(*own);
  if (header) return std::move(*header);
  return type_by_members(document);
}

}  // namespace

Result<MediaType> decide_manifest_type(const Fields& document, std::string_view content_type) {
  DRAY_TRY(document.refuse_case_twins(
      {"schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "fsLayers", "blobs", "subject"}));
  if (document.has("layers") && document.has("manifests")) {
    return bad_type("the document has both 'layers' and 'manifests': it can be read as a manifest and as an index");
  }
  DRAY_TRY_ASSIGN(auto type, declared_type(document, content_type));
  DRAY_TRY(check_members(document, type));
  DRAY_TRY(check_schema_version(document, type));
  return type;
}

}  // namespace dray
