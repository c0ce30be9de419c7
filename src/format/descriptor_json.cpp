#include <fmt/format.h>

#include <dray/core/digester.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/manifest.hpp>

#include <dray/format/base64.hpp>
#include "json_fields.hpp"
#include "manifest_json.hpp"

namespace dray {
namespace {

Result<std::uint64_t> read_size(const Fields& fields) {
  const Json* member = fields.find("size");
  if (member == nullptr) return Error(ErrorCode::invalid_input, fields.path("size") + " is missing");
  const auto size = member->as_int();
  if (!size || *size < 0) return wrong_type(fields.path("size"), *member, "a whole number from 0 to 2^63-1");
  return static_cast<std::uint64_t>(*size);
}

Result<std::optional<Platform>> read_platform(const Fields& descriptor) {
  DRAY_TRY_ASSIGN(const auto fields, descriptor.object("platform"));
  if (!fields) return std::optional<Platform>();
  DRAY_TRY_ASSIGN(auto platform, platform_from_json(*fields));
  return std::optional<Platform>(std::move(platform));
}

/// The embedded bytes count as the blob, so they are held to the same size and digest.
Result<std::optional<std::string>> read_data(const Fields& fields, const Digest& digest, std::uint64_t size) {
  DRAY_TRY_ASSIGN(const auto text, fields.text("data"));
  if (fields.find("data") == nullptr) return std::optional<std::string>();
  const std::string where = fields.path("data");
  if (text.size() / 4 * 3 > limits::max_embedded_data_bytes + 3) {
    return Error(ErrorCode::limit_exceeded,
                 fmt::format("{} holds more than {} bytes", where, limits::max_embedded_data_bytes));
  }
  auto bytes = base64_decode(text);
  if (!bytes) return Error(ErrorCode::invalid_input, where + " is not base64");
  if (bytes->size() != size) {
    return Error(ErrorCode::digest_mismatch,
                 fmt::format("{} holds {} bytes, but {} says {}", where, bytes->size(), fields.path("size"), size));
  }
  Digester digester(digest.algorithm());
  digester.update(as_bytes(*bytes));
  if (const Digest found = digester.finish(); found != digest) {
    return Error(ErrorCode::digest_mismatch, fmt::format("{} has the digest {}, but {} says {}", where, found.text(),
                                                         fields.path("digest"), digest.text()));
  }
  return bytes;
}

Json platform_to_json(const Platform& platform) {
  Json json{Json::Object{}};
  json.set("architecture", platform.architecture);
  json.set("os", platform.os);
  if (!platform.os_version.empty()) json.set("os.version", platform.os_version);
  if (!platform.os_features.empty()) {
    json.set("os.features", Json::Array(platform.os_features.begin(), platform.os_features.end()));
  }
  if (!platform.variant.empty()) json.set("variant", platform.variant);
  return json;
}

}  // namespace

Result<Platform> platform_from_json(const Fields& fields) {
  Platform platform;
  DRAY_TRY_ASSIGN(platform.os, fields.text("os"));
  DRAY_TRY_ASSIGN(platform.architecture, fields.text("architecture"));
  DRAY_TRY_ASSIGN(platform.variant, fields.text("variant"));
  DRAY_TRY_ASSIGN(platform.os_version, fields.text("os.version"));
  DRAY_TRY_ASSIGN(platform.os_features, fields.texts("os.features"));
  return platform;
}

Result<MediaType> media_type_member(const Fields& fields, std::string_view key) {
  DRAY_TRY_ASSIGN(const auto text, fields.required_text(key));
  return MediaType::parse(text).transform_error([&](Error e) { return std::move(e).context(fields.path(key)); });
}

Result<std::optional<MediaType>> optional_media_type(const Fields& fields, std::string_view key) {
  DRAY_TRY_ASSIGN(const auto text, fields.text(key));
  if (text.empty()) return std::optional<MediaType>();
  DRAY_TRY_ASSIGN(auto type, media_type_member(fields, key));
  return std::optional<MediaType>(std::move(type));
}

Result<Digest> digest_member(const Fields& fields, std::string_view key) {
  DRAY_TRY_ASSIGN(const auto text, fields.required_text(key));
  return Digest::parse(text).transform_error([&](Error e) { return std::move(e).context(fields.path(key)); });
}

Json annotations_to_json(const std::map<std::string, std::string>& annotations) {
  Json::Object object;
  for (const auto& [key, value] : annotations) object.push_back({key, value});
  return object;
}

Json to_json(const Descriptor& descriptor) {
  Json json{Json::Object{}};
  json.set("mediaType", descriptor.media_type.text());
  json.set("size", descriptor.size);
  json.set("digest", descriptor.digest.text());
  if (!descriptor.urls.empty()) json.set("urls", Json::Array(descriptor.urls.begin(), descriptor.urls.end()));
  if (!descriptor.annotations.empty()) json.set("annotations", annotations_to_json(descriptor.annotations));
  if (descriptor.data) json.set("data", base64_encode(*descriptor.data));
  if (descriptor.platform) json.set("platform", platform_to_json(*descriptor.platform));
  if (descriptor.artifact_type) json.set("artifactType", descriptor.artifact_type->text());
  return json;
}

Result<Descriptor> descriptor_from_json(const Json& json, std::string_view where) {
  DRAY_TRY_ASSIGN(const auto fields, Fields::of(json, std::string(where)));
  DRAY_TRY(fields.refuse_case_twins({"mediaType", "digest", "size", "urls", "data", "platform"}));
  DRAY_TRY_ASSIGN(auto media_type, media_type_member(fields, "mediaType"));
  DRAY_TRY_ASSIGN(const auto digest, digest_member(fields, "digest"));
  DRAY_TRY_ASSIGN(const auto size, read_size(fields));
  Descriptor descriptor{.media_type = std::move(media_type), .digest = digest, .size = size};
  DRAY_TRY_ASSIGN(descriptor.urls, fields.texts("urls"));
  DRAY_TRY_ASSIGN(descriptor.annotations, fields.text_map("annotations"));
  DRAY_TRY_ASSIGN(descriptor.platform, read_platform(fields));
  DRAY_TRY_ASSIGN(descriptor.artifact_type, optional_media_type(fields, "artifactType"));
  DRAY_TRY_ASSIGN(descriptor.data, read_data(fields, digest, size));
  return descriptor;
}

}  // namespace dray
