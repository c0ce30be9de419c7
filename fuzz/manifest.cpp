#include <dray/format/image_config.hpp>
#include <dray/format/manifest.hpp>

#include "fuzz_target.hpp"

namespace {

template <class Document>
Document read_back(const Document& document) {
  auto again = dray::parse_manifest(document.serialize(), document.media_type.text());
  dray::fuzz::require(again.has_value() && std::holds_alternative<Document>(*again));
  return std::get<Document>(*std::move(again));
}

void check(const dray::Manifest& manifest) {
  const auto again = read_back(manifest);
  dray::fuzz::require(again.layers == manifest.layers && again.subject == manifest.subject);
  dray::fuzz::require(again.annotations == manifest.annotations);
}

void check(const dray::Index& index) {
  const auto again = read_back(index);
  dray::fuzz::require(again.manifests == index.manifests && again.subject == index.subject);
  dray::fuzz::require(again.annotations == index.annotations);
}

void check(const dray::Schema1&) {}

}  // namespace

/// A manifest, index or config that was read is written in a form that reads as the same; and a document is of one
/// type, whoever asks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = dray::fuzz::text_of(data, size);
  const auto type = dray::manifest_media_type(text, "");
  if (const auto any = dray::parse_manifest(text, "")) {
    std::visit([](const auto& document) { check(document); }, *any);
    dray::fuzz::require(type.has_value() && dray::parse_manifest(text, type->text()).has_value());
  }
  if (const auto config = dray::ImageConfig::parse(text)) {
    const auto again = dray::ImageConfig::parse(config->serialize());
    dray::fuzz::require(again.has_value() && again->history == config->history);
    dray::fuzz::require(again->diff_ids == config->diff_ids && again->platform == config->platform);
  }
  return 0;
}
