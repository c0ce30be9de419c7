#include <dray/format/index_document.hpp>

#include "manifest_json.hpp"

namespace dray {
namespace {

constexpr std::string_view member = "manifests";

/// The entries of a document that was read as an index, to be changed.
template <class Change>
void change_entries(Json& document, const Change& change) {
  auto entries = *document.find(member)->as_array();
  change(entries);
  document.set(member, std::move(entries));
}

}  // namespace

IndexDocument IndexDocument::make(const MediaType& type) {
  Json document;
  document.set("schemaVersion", 2);
  document.set("mediaType", type.text());
  document.set(member, Json::Array());
  return {std::move(document), Index{.media_type = type}};
}

Result<IndexDocument> IndexDocument::parse(std::string_view bytes, std::string_view content_type) {
  DRAY_TRY_ASSIGN(auto parsed, parse_manifest(bytes, content_type));
  auto* const index = std::get_if<Index>(&parsed);
  if (index == nullptr) return Error(ErrorCode::invalid_input, "it is a manifest and no index");
  DRAY_TRY_ASSIGN(auto document, Json::parse(bytes));
  if (document.find(member)->as_array() == nullptr) document.set(member, Json::Array());  // null is an empty list
  return IndexDocument(std::move(document), std::move(*index));
}

void IndexDocument::append(const Descriptor& entry) {
  change_entries(document_, [&](Json::Array& entries) { entries.push_back(to_json(entry)); });
  index_.manifests.push_back(entry);
}

void IndexDocument::replace(std::size_t at, const Descriptor& entry) {
  change_entries(document_, [&](Json::Array& entries) { entries.at(at) = to_json(entry); });
  index_.manifests.at(at) = entry;
}

void IndexDocument::remove(std::size_t at) {
  const auto place = static_cast<std::ptrdiff_t>(at);
  change_entries(document_, [&](Json::Array& entries) { entries.erase(entries.begin() + place); });
  index_.manifests.erase(index_.manifests.begin() + place);
}

void IndexDocument::retain(const std::vector<bool>& keep) {
  const auto filter = [&keep](auto& all) {
    std::size_t at = 0;
    std::erase_if(all, [&](const auto&) { return !keep.at(at++); });
  };
  change_entries(document_, filter);
  filter(index_.manifests);
}

void IndexDocument::annotate(const std::string& key, const std::string& value) {
  index_.annotations.insert_or_assign(key, value);
  const auto* const old = document_.find("annotations");
  auto annotations = old != nullptr && old->as_object() != nullptr ? *old : Json(Json::Object{});
  annotations.set(key, value);
  document_.set("annotations", std::move(annotations));
}

std::string IndexDocument::serialize() const { return document_.pretty_with_indent(manifest_indent_blanks); }

}  // namespace dray
