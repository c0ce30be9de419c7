#include "layout_index.hpp"

#include <dray/core/media_type.hpp>
#include <dray/format/manifest.hpp>

#include <algorithm>
#include <set>

namespace dray {
namespace {

constexpr std::string_view ref_name = "org.opencontainers.image.ref.name";
constexpr std::string_view containerd_name = "io.containerd.image.name";

/// Every name that the entry has.
std::vector<std::string_view> names_of(const Descriptor& entry) {
  std::vector<std::string_view> names;
  for (const auto key : {ref_name, containerd_name}) {
    const auto found = entry.annotations.find(std::string(key));
    if (found != entry.annotations.end() && !found->second.empty()) names.push_back(found->second);
  }
  return names;
}

bool has_name(const Descriptor& entry, std::string_view name) {
  const auto names = names_of(entry);
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// True for a full reference whose tag is `tag`: what stands behind its last `:`, unless it has a digest.
bool has_tag(const Descriptor& entry, std::string_view tag) {
  const auto names = names_of(entry);
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return name.find('@') == std::string_view::npos && name.size() > tag.size() + 1 && name.ends_with(tag) &&
           name[name.size() - tag.size() - 1] == ':';
  });
}

Json named_entry(Descriptor manifest, const std::string& name) {
  manifest.annotations.erase(std::string(containerd_name));
  manifest.annotations.insert_or_assign(std::string(ref_name), name);
  return to_json(manifest);
}

Json unnamed_entry(Json entry) {
  const auto* const old = entry.find("annotations");
  if (old == nullptr) return entry;
  auto annotations = *old;
  annotations.erase(ref_name);
  annotations.erase(containerd_name);
  if (annotations.as_object() != nullptr && annotations.as_object()->empty()) {
    entry.erase("annotations");
  } else {
    entry.set("annotations", std::move(annotations));
  }
  return entry;
}

Error invalid(const std::string& what) { return {ErrorCode::invalid_input, "index.json: " + what}; }

Result<void> check_head(const Json& document) {
  if (document.as_object() == nullptr) return invalid("it is no JSON object");
  const auto* const version = document.find("schemaVersion");
  if (version == nullptr || version->as_int() != 2) return invalid("schemaVersion is not 2");
  const auto* const media_type = document.find("mediaType");
  if (media_type != nullptr &&
      (media_type->as_string() == nullptr || *media_type->as_string() != media_types::oci_index)) {
    return invalid("mediaType is not that of an OCI index");
  }
  if (document.find("manifests") == nullptr || document.find("manifests")->as_array() == nullptr) {
    return invalid("manifests is no array");
  }
  if (document.find("layers") != nullptr) return invalid("it has both manifests and layers");
  return {};
}

}  // namespace

LayoutIndex::LayoutIndex() {
  document_.set("schemaVersion", 2);
  document_.set("mediaType", media_types::oci_index);
  document_.set("manifests", Json::Array());
}

Result<LayoutIndex> LayoutIndex::parse(std::string_view text) {
  LayoutIndex index;
  DRAY_TRY_ASSIGN(index.document_, Json::parse(text).transform_error(
                                       [](Error error) { return std::move(error).context("index.json"); }));
  DRAY_TRY(check_head(index.document_));
  DRAY_TRY(index.store(index.manifests()));
  return index;
}

Result<LayoutIndex> LayoutIndex::of(const std::vector<Descriptor>& entries) {
  LayoutIndex index;
  Json::Array manifests;
  for (const auto& entry : entries) manifests.push_back(to_json(entry));
  DRAY_TRY(index.store(manifests));
  return index;
}

Descriptor LayoutIndex::entry_called(const Reference& reference, Descriptor manifest) {
  manifest.annotations.insert_or_assign(std::string(containerd_name), reference.text());
  manifest.annotations.insert_or_assign(std::string(ref_name), reference.tag().value_or("latest"));
  return manifest;
}

std::vector<std::string> LayoutIndex::names() const {
  std::vector<std::string> found;
  for (const auto& entry : entries_) {
    if (const auto names = names_of(entry); !names.empty()) found.emplace_back(names.front());
  }
  // Each once, where it is first.
  std::set<std::string> seen;
  std::erase_if(found, [&](const std::string& name) { return !seen.insert(name).second; });
  return found;
}

/// Where the entries are that match, all of one digest. False when there is none.
Result<bool> LayoutIndex::find_all(std::vector<std::size_t>& found, const std::string& name,
                                   const std::function<bool(const Descriptor&)>& matches) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!matches(entries_[i])) continue;
    if (!found.empty() && entries_[found.front()].digest != entries_[i].digest) {
      return invalid("more than one manifest is named " + name + ": " + entries_[found.front()].digest.text() +
                     " and " + entries_[i].digest.text() + "; ask for one by its digest or its full name");
    }
    found.push_back(i);
  }
  return !found.empty();
}

Result<std::vector<std::size_t>> LayoutIndex::positions(const std::string& name) const {
  std::vector<std::size_t> found;
  for (const auto matches : {has_name, has_tag}) {
    const auto is_named = [&](const Descriptor& entry) { return matches(entry, name); };
    DRAY_TRY_ASSIGN(const bool any, find_all(found, name, is_named));
    if (any) return found;
  }
  return Error(ErrorCode::not_found, "index.json lists no " + (name.empty() ? std::string("unnamed tag") : name));
}

Result<std::vector<std::size_t>> LayoutIndex::positions(const Reference& reference) const {
  std::vector<std::size_t> found;
  const auto is_named = [&](const Descriptor& entry) {
    const auto all = references_of(entry);
    return std::find(all.begin(), all.end(), reference) != all.end();
  };
  DRAY_TRY_ASSIGN(const bool any, find_all(found, reference.familiar(), is_named));
  if (any) return found;
  return Error(ErrorCode::not_found, "it holds no image " + reference.familiar());
}

Result<Descriptor> LayoutIndex::find(const std::string& name) const {
  DRAY_TRY_ASSIGN(const auto found, positions(name));
  return entries_[found.front()];
}

Result<Descriptor> LayoutIndex::find(const Reference& reference) const {
  DRAY_TRY_ASSIGN(const auto found, positions(reference));
  return entries_[found.front()];
}

const Descriptor* LayoutIndex::find(const Digest& digest) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Descriptor& entry) { return entry.digest == digest; });
  return found == entries_.end() ? nullptr : &*found;
}

Json::Array LayoutIndex::manifests() const { return *document_.find("manifests")->as_array(); }

Result<void> LayoutIndex::store(const Json::Array& manifests) {
  std::vector<Descriptor> entries;
  for (const auto& entry : manifests) {
    const auto where = "index.json: manifests[" + std::to_string(entries.size()) + "]";
    DRAY_TRY_ASSIGN(auto descriptor, descriptor_from_json(entry, where));
    entries.push_back(std::move(descriptor));
  }
  entries_ = std::move(entries);
  document_.set("manifests", manifests);
  return {};
}

/// Puts the entry where `same` finds its name, and takes the other entries of the name away.
Result<bool> LayoutIndex::put_named(const Json& entry, const std::function<bool(const Descriptor&)>& same) {
  DRAY_TRY_ASSIGN(const auto manifest, descriptor_from_json(entry, "index.json"));
  const auto count = std::count_if(entries_.begin(), entries_.end(), same);
  const auto first = static_cast<std::size_t>(std::find_if(entries_.begin(), entries_.end(), same) - entries_.begin());
  if (count == 1 && entries_[first].digest == manifest.digest && entries_[first].size == manifest.size &&
      entries_[first].media_type == manifest.media_type) {
    return false;
  }
  // An entry of this manifest that has no name yet gets it.
  auto place = first;
  if (count == 0) {
    const auto unnamed = std::find_if(entries_.begin(), entries_.end(), [&](const Descriptor& listed) {
      return listed.digest == manifest.digest && names_of(listed).empty();
    });
    place = static_cast<std::size_t>(unnamed - entries_.begin());
  }
  const auto old = manifests();
  Json::Array changed;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (i == place) {
      changed.push_back(entry);
    } else if (!same(entries_[i])) {
      changed.push_back(old[i]);
    }
  }
  if (place == old.size()) changed.push_back(entry);
  DRAY_TRY(store(changed));
  return true;
}

Result<bool> LayoutIndex::set_name(const std::string& name, const Descriptor& manifest) {
  return put_named(named_entry(manifest, name), [&](const Descriptor& entry) { return has_name(entry, name); });
}

Result<bool> LayoutIndex::set_reference(const Reference& reference, const Descriptor& manifest) {
  return put_named(to_json(entry_called(reference, manifest)), [&](const Descriptor& entry) {
    const auto all = references_of(entry);
    return std::find(all.begin(), all.end(), reference) != all.end();
  });
}

std::vector<Reference> LayoutIndex::references_of(const Descriptor& entry) {
  std::vector<Reference> found;
  for (const auto name : names_of(entry)) {
    if (name.find_first_of(":/") == std::string_view::npos) continue;  // a tag
    auto reference = Reference::parse(name);
    if (!reference || reference->digest()) continue;
    if (std::find(found.begin(), found.end(), *reference) == found.end()) found.push_back(*std::move(reference));
  }
  return found;
}

std::vector<Reference> LayoutIndex::references() const {
  std::vector<Reference> found;
  std::set<std::string> seen;
  for (const auto& entry : entries_) {
    for (auto& reference : references_of(entry)) {
      if (seen.insert(reference.text()).second) found.push_back(std::move(reference));
    }
  }
  return found;
}

Result<bool> LayoutIndex::add(const Descriptor& manifest) {
  if (find(manifest.digest) != nullptr) return false;
  auto changed = manifests();
  changed.push_back(unnamed_entry(to_json(manifest)));
  DRAY_TRY(store(changed));
  return true;
}

Result<void> LayoutIndex::remove_name(const std::string& name) {
  DRAY_TRY_ASSIGN(const auto named, positions(name));
  return take_name_from(named);
}

Result<void> LayoutIndex::remove_reference(const Reference& reference) {
  DRAY_TRY_ASSIGN(const auto named, positions(reference));
  return take_name_from(named);
}

Result<void> LayoutIndex::take_name_from(const std::vector<std::size_t>& named) {
  const auto digest = entries_[named.front()].digest;
  const auto is_named = [&](std::size_t i) { return std::find(named.begin(), named.end(), i) != named.end(); };
  const auto old = manifests();
  Json::Array changed;
  bool listed = false;  // under another name, or by an entry that has just lost this one
  for (std::size_t i = 0; i < old.size(); ++i) listed = listed || (!is_named(i) && entries_[i].digest == digest);
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (!is_named(i)) {
      changed.push_back(old[i]);
    } else if (!listed) {
      changed.push_back(unnamed_entry(old[i]));
      listed = true;
    }
  }
  return store(changed);
}

Result<bool> LayoutIndex::remove(const Digest& digest) {
  const auto old = manifests();
  Json::Array kept;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (entries_[i].digest != digest) kept.push_back(old[i]);
  }
  if (kept.size() == old.size()) return false;
  DRAY_TRY(store(kept));
  return true;
}

}  // namespace dray
