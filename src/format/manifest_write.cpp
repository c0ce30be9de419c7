#include <dray/format/manifest.hpp>
#include <limits>

#include "manifest_json.hpp"

namespace dray {
namespace {

Json to_json(const std::vector<Descriptor>& descriptors) {
  Json::Array array;
  for (const Descriptor& descriptor : descriptors) array.push_back(dray::to_json(descriptor));
  return array;
}

template <class Document>
void write_common(Json& json, const Document& document) {
  if (document.subject) json.set("subject", dray::to_json(*document.subject));
  if (!document.annotations.empty()) json.set("annotations", annotations_to_json(document.annotations));
}

template <class Document>
Json begin(const Document& document) {
  Json json{Json::Object{}};
  if (!document.media_type.is_artifact_manifest()) json.set("schemaVersion", 2);
  json.set("mediaType", document.media_type.text());
  if (document.artifact_type) json.set("artifactType", document.artifact_type->text());
  return json;
}

}  // namespace

std::uint64_t Manifest::total_size() const noexcept {
  std::uint64_t sum = config.size;
  for (const Descriptor& layer : layers) {
    // Declared sizes are anybody's words: many of them may be 2^63-1.
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - sum;
    sum += layer.size < room ? layer.size : room;
  }
  return sum;
}

std::string Manifest::serialize() const {
  Json json = begin(*this);
  if (media_type.is_artifact_manifest()) {
    json.set("blobs", to_json(layers));
  } else {
    json.set("config", dray::to_json(config));
    json.set("layers", to_json(layers));
  }
  write_common(json, *this);
  return json.pretty_with_indent(manifest_indent_blanks);
}

std::string Index::serialize() const {
  Json json = begin(*this);
  json.set("manifests", to_json(manifests));
  write_common(json, *this);
  return json.pretty_with_indent(manifest_indent_blanks);
}

}  // namespace dray
