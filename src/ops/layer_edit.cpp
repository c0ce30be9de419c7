#include "layer_edit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/core/limits.hpp>
#include <dray/format/json_patch.hpp>
#include <dray/format/manifest.hpp>
#include <set>
#include <utility>
#include <variant>

#include "naming.hpp"

namespace dray::ops {

namespace {

constexpr std::size_t max_listed_layers = 50;
constexpr std::size_t max_shown_url_bytes = 60;
constexpr std::string_view buildkit_subject = "vnd.docker.reference.digest";

/// Behind `http://` or `https://`; nullopt where it begins otherwise.
std::optional<std::size_t> authority_begin(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (url.starts_with(scheme)) return scheme.size();
  }
  return std::nullopt;
}

Result<void> check_url(const std::string& url) {
  const auto bad = [&url](std::string_view why) {
    // Cut after the user is gone: half a user could not be told from a host.
    auto shown = printable_url(url);
    if (shown.size() > max_shown_url_bytes) shown = shown.substr(0, max_shown_url_bytes) + "…";
    return Error(ErrorCode::invalid_input, fmt::format("the layer URL {} {}", shown, why));
  };
  if (url.size() > limits::max_layer_url_bytes) {
    return bad(fmt::format("has {} bytes, more than the {} of a layer URL", url.size(), limits::max_layer_url_bytes));
  }
  const auto begin = authority_begin(url);
  if (!begin) return bad("is not an http:// or https:// address");
  if (std::ranges::any_of(url, [](char c) { return c <= ' ' || c >= 0x7f; })) {
    return bad("has blanks or characters that must be written as %XX");
  }
  const auto authority = url.substr(*begin, url.find_first_of("/?#", *begin) - *begin);
  if (authority.empty()) return bad("names no host");
  if (authority.find('@') != std::string::npos) {
    return bad("has a user or password in it, which everybody could read in the manifest: leave it out");
  }
  return {};
}

/// What became of the manifests so far.
class Editing {
 public:
  explicit Editing(const LayerChanges& changes) : changes_(changes) {}

  /// Children come before their index.
  Result<void> edit(RawManifest& raw) {
    auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
    if (!parsed) return {};  // not a manifest that anybody knows: it was walked over as bytes
    const auto* image = std::get_if<Manifest>(&*parsed);
    const auto* index = std::get_if<Index>(&*parsed);
    if (image == nullptr && index == nullptr) return {};
    DRAY_TRY_ASSIGN(auto patch, JsonPatch::of(raw.bytes));
    if (image != nullptr) DRAY_TRY(edit_layers(patch, *image));
    if (index != nullptr) edit_entries(patch, *index);
    if (patch.changes()) replace(raw, patch.text());
    return {};
  }

  Result<void> check_all_found() const {
    for (const auto& [digest, urls] : changes_) {
      if (!met_.contains(digest)) return unknown(digest);
    }
    return {};
  }
  /// As the manifests have it now; nullptr where it did not change.
  [[nodiscard]] const MediaType* type_of(const Digest& layer) const {
    const auto at = types_.find(layer);
    return at == types_.end() ? nullptr : &at->second;
  }
  [[nodiscard]] std::vector<std::string> reasons() const {
    std::vector<std::string> all;
    for (const auto& [digest, type] : types_) {
      const auto& urls = changes_.at(digest);
      all.push_back(urls.empty()
                        ? fmt::format("{} is an ordinary layer now, without URLs", digest.text())
                        : fmt::format("{} is a foreign layer now, at {}", digest.text(), fmt::join(urls, ", ")));
    }
    return all;
  }

 private:
  Result<void> edit_layers(JsonPatch& patch, const Manifest& image) {
    // The artifact manifest calls them so.
    const auto* spans = patch.root().find("layers");
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      const auto& layer = image.layers[i];
      if (std::ranges::find(layers_, layer.digest) == layers_.end()) layers_.push_back(layer.digest);
      const auto change = changes_.find(layer.digest);
      if (change == changes_.end()) continue;
      met_.insert(layer.digest);
      auto type = change->second.empty() ? layer.media_type.as_ordinary_layer() : layer.media_type.as_foreign_layer();
      if (!type || spans == nullptr) {
        return Error(ErrorCode::invalid_input,
                     fmt::format("{} is a {}, which is no layer of an image: only those can be foreign",
                                 layer.digest.text(), layer.media_type.text()));
      }
      if (*type == layer.media_type && layer.urls == change->second) continue;
      edit_layer(patch, spans->elements.at(i), *type, change->second);
      types_.insert_or_assign(layer.digest, *std::move(type));
    }
    return {};
  }

  static void edit_layer(JsonPatch& patch, const JsonSpan& layer, const MediaType& type,
                         const std::vector<std::string>& urls) {
    patch.set(layer, "mediaType", type.text());
    if (urls.empty()) {
      patch.erase(layer, "urls");
    } else {
      patch.set(layer, "urls", Json::Array(urls.begin(), urls.end()));
    }
  }

  void edit_entries(JsonPatch& patch, const Index& index) {
    const auto* spans = patch.root().find("manifests");
    if (spans == nullptr) return;
    for (std::size_t i = 0; i < index.manifests.size(); ++i) {
      const auto& entry = index.manifests[i];
      const auto& span = spans->elements.at(i);
      if (const auto now = replaced_.find(entry.digest); now != replaced_.end()) {
        patch.set(span, "digest", now->second.digest.text());
        patch.set(span, "size", now->second.size);
        patch.erase(span, "data");  // the old bytes
      }
      const auto* annotations = span.find("annotations");
      const auto about = entry.annotations.find(std::string(buildkit_subject));
      if (annotations == nullptr || about == entry.annotations.end()) continue;
      const auto now =
          std::ranges::find_if(replaced_, [&](const auto& pair) { return pair.first.text() == about->second; });
      if (now != replaced_.end()) patch.set(*annotations, buildkit_subject, now->second.digest.text());
    }
  }

  void replace(RawManifest& raw, std::string bytes) {
    const auto old = raw.descriptor.digest;
    raw.bytes = std::move(bytes);
    raw.descriptor.digest = Digest::of(as_bytes(raw.bytes));
    raw.descriptor.size = raw.bytes.size();
    replaced_.insert_or_assign(old, raw.descriptor);
  }

  [[nodiscard]] Error unknown(const Digest& digest) const {
    std::string there;
    for (std::size_t i = 0; i < std::min(layers_.size(), max_listed_layers); ++i) {
      there += (i == 0 ? "" : ", ") + layers_[i].text();
    }
    if (layers_.size() > max_listed_layers) there += fmt::format(" and {} more", layers_.size() - max_listed_layers);
    return {ErrorCode::not_found, fmt::format("no layer {}; {}", digest.text(),
                                              there.empty() ? "there are none" : "the layers are: " + there)};
  }

  const LayerChanges& changes_;
  std::vector<Digest> layers_;  // all that there are
  std::set<Digest> met_;
  std::map<Digest, MediaType> types_;      // of the layers that changed
  std::map<Digest, Descriptor> replaced_;  // manifests, by what they were
};

}  // namespace

Result<LayerChanges> layer_changes(const EditOptions& options) {
  LayerChanges changes;
  for (const auto& [layer, url] : options.layer_urls) {
    DRAY_TRY(check_url(url));
    auto& urls = changes[layer];
    if (urls.size() == limits::max_descriptor_urls) {
      return Error(ErrorCode::limit_exceeded, fmt::format("{} is to have more than {} URLs; nobody would ask so many",
                                                          layer.text(), limits::max_descriptor_urls));
    }
    urls.push_back(url);
  }
  for (const auto& layer : options.ordinary_layers) {
    const auto at = changes.find(layer);
    if (at != changes.end() && !at->second.empty()) {
      return Error(ErrorCode::invalid_input, layer.text() + " is to get URLs and to lose them: choose one");
    }
    changes[layer];
  }
  if (changes.empty()) return Error(ErrorCode::invalid_input, "no change is asked for: name a layer and its URL");
  return changes;
}

Result<std::vector<std::string>> change_layers(Graph& graph, const LayerChanges& changes) {
  Editing editing(changes);
  for (auto& node : graph.manifests) DRAY_TRY(editing.edit(node.raw));
  DRAY_TRY(editing.check_all_found());
  for (auto& blob : graph.blobs) {
    const auto change = changes.find(blob.digest);
    if (change == changes.end()) continue;
    if (const auto* type = editing.type_of(blob.digest)) blob.media_type = *type;
    // A layer that becomes ordinary keeps its URLs here: that is where its bytes may have to come from.
    if (!change->second.empty()) blob.urls = change->second;
  }
  return editing.reasons();
}

}  // namespace dray::ops
