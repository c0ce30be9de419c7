#include <dray/ops/change_index.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <dray/format/index_document.hpp>
#include <set>

#include "attestation.hpp"
#include "index_member.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

bool is_named(const Platform& wanted, const Descriptor& entry) {
  if (is_attestation(entry) || !entry.platform) return false;
  const auto has = entry.platform->normalised();
  if (wanted.os != has.os) return false;
  if (!wanted.architecture.empty() && (wanted.architecture != has.architecture || wanted.variant != has.variant)) {
    return false;
  }
  return wanted.os_version.empty() || wanted.os_version == has.os_version;
}

/// The image that BuildKit's word is about.
std::optional<Digest> image_of(const Descriptor& attestation) {
  const auto about = attestation.annotations.find("vnd.docker.reference.digest");
  if (about == attestation.annotations.end()) return std::nullopt;
  auto digest = Digest::parse(about->second);
  return digest ? std::optional(*std::move(digest)) : std::nullopt;
}

class Change {
 public:
  Change(IndexDocument document, std::string where) : document_(std::move(document)), where_(std::move(where)) {}

  Result<void> keep(const std::vector<Platform>& platforms);
  Result<void> remove(const std::vector<Platform>& platforms);
  Result<void> remove(const std::vector<Digest>& digests);
  Result<void> add(Descriptor entry, bool replace);
  Result<void> annotate(const Annotations& annotations);

  [[nodiscard]] bool changed() const noexcept { return changed_; }
  [[nodiscard]] const IndexDocument& document() const noexcept { return document_; }
  [[nodiscard]] const std::vector<Descriptor>& added() const noexcept { return added_; }
  [[nodiscard]] const std::vector<Descriptor>& removed() const noexcept { return removed_; }

 private:
  [[nodiscard]] const std::vector<Descriptor>& entries() const { return document_.entries(); }
  Result<std::vector<bool>> named(const std::vector<Platform>& platforms) const;
  void retain(std::vector<bool> keep);
  void drop_attestations_of(const Digest& image);
  void put(std::size_t at, Descriptor entry);

  IndexDocument document_;
  std::string where_;
  bool changed_ = false;
  std::vector<Descriptor> added_;
  std::vector<Descriptor> removed_;
};

/// Which entries the platforms name, each at least one.
Result<std::vector<bool>> Change::named(const std::vector<Platform>& platforms) const {
  std::vector<bool> is(entries().size(), false);
  for (const auto& platform : platforms) {
    const auto wanted = platform.normalised();
    bool any = false;
    for (std::size_t i = 0; i < entries().size(); ++i) {
      if (!is_named(wanted, entries()[i])) continue;
      is[i] = true;
      any = true;
    }
    if (any) continue;
    return Error(ErrorCode::not_found, fmt::format("{} has no image for {}; there are: {}", where_, platform.text(),
                                                   list_platforms(document_.index())));
  }
  return is;
}

/// Attestations stay where their image does.
void Change::retain(std::vector<bool> keep) {
  std::set<Digest> staying;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i] && !is_attestation(entries()[i])) staying.insert(entries()[i].digest);
  }
  for (std::size_t i = 0; i < keep.size(); ++i) {
    const auto& entry = entries()[i];
    const auto image = is_attestation(entry) ? image_of(entry) : std::nullopt;
    if (image) keep[i] = keep[i] && staying.contains(*image);
    if (!keep[i]) removed_.push_back(entry);
  }
  if (std::ranges::find(keep, false) == keep.end()) return;
  document_.retain(keep);
  changed_ = true;
}

Result<void> Change::keep(const std::vector<Platform>& platforms) {
  if (platforms.empty()) return {};
  DRAY_TRY_ASSIGN(auto keep, named(platforms));
  for (std::size_t i = 0; i < keep.size(); ++i)
    keep[i] = keep[i] || (is_attestation(entries()[i]) && image_of(entries()[i]));
  retain(std::move(keep));
  return {};
}

Result<void> Change::remove(const std::vector<Platform>& platforms) {
  if (platforms.empty()) return {};
  DRAY_TRY_ASSIGN(auto keep, named(platforms));
  keep.flip();
  retain(std::move(keep));
  return {};
}

Result<void> Change::remove(const std::vector<Digest>& digests) {
  std::vector<bool> keep(entries().size(), true);
  for (const auto& digest : digests) {
    bool any = false;
    for (std::size_t i = 0; i < entries().size(); ++i) {
      if (entries()[i].digest != digest) continue;
      keep[i] = false;
      any = true;
    }
    if (any) continue;
    std::vector<std::string> there;
    std::ranges::transform(entries(), std::back_inserter(there), [](const auto& entry) { return entry.digest.text(); });
    return Error(ErrorCode::not_found,
                 fmt::format("{} does not list {}; there are: {}", where_, digest.text(), fmt::join(there, ", ")));
  }
  retain(std::move(keep));
  return {};
}

void Change::drop_attestations_of(const Digest& image) {
  std::vector<bool> keep;
  for (const auto& entry : entries()) keep.push_back(!is_attestation(entry) || image_of(entry) != image);
  retain(std::move(keep));
}

void Change::put(std::size_t at, Descriptor entry) {
  const auto old = entries()[at];
  document_.replace(at, entry);
  changed_ = true;
  removed_.push_back(old);
  added_.push_back(std::move(entry));
  const bool still_there = std::ranges::find(entries(), old.digest, &Descriptor::digest) != entries().end();
  if (!still_there) drop_attestations_of(old.digest);
}

Result<void> Change::add(Descriptor entry, bool replace) {
  if (std::ranges::find(entries(), entry) != entries().end()) return {};
  const auto same = std::ranges::find_if(entries(), [&](const auto& other) { return same_platform(entry, other); });
  if (same == entries().end()) {
    document_.append(entry);
    added_.push_back(std::move(entry));
    changed_ = true;
    return {};
  }
  if (!replace && same->digest != entry.digest) {
    return Error(ErrorCode::conflict,
                 fmt::format("{} has an image for {} already, {}: --replace puts {} in its place", where_,
                             same->platform->text(), same->digest.text(), entry.digest.text()));
  }
  put(static_cast<std::size_t>(same - entries().begin()), std::move(entry));
  return {};
}

Result<void> Change::annotate(const Annotations& annotations) {
  for (const auto& [key, value] : annotations) {
    const auto& old = document_.index().annotations;
    const auto at = old.find(key);
    if (at != old.end() && at->second == value) continue;
    document_.annotate(key, value);
    changed_ = true;
  }
  return {};
}

Result<void> add_all(Change& change, const IndexChanges& changes, ContentStore& store, const std::stop_token& stop) {
  for (const auto& member : changes.add) {
    DRAY_TRY_ASSIGN(auto entries, bring_member(member, store, stop));
    for (auto& entry : entries) {
      for (const auto& [key, value] : changes.entry_annotations) entry.annotations.insert_or_assign(key, value);
      DRAY_TRY(change.add(std::move(entry), changes.replace));
    }
  }
  return {};
}

Result<void> check_annotations(const IndexDocument& document, const IndexChanges& changes) {
  if (!document.index().media_type.is_docker()) return {};
  if (changes.annotations.empty() && changes.entry_annotations.empty()) return {};
  return Error(ErrorCode::invalid_input, "a Docker manifest list has no annotations; make an OCI index instead");
}

Result<void> check_unmoved(ContentStore& store, const std::string& tag, const Digest& was,
                           const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto now, store.resolve(tag, stop));
  if (now.digest == was) return {};
  return Error(ErrorCode::conflict,
               fmt::format("{} was {} and somebody else has set it to {} meanwhile: it was left alone; try once more",
                           full_name(store, tag), was.text(), now.digest.text()));
}

}  // namespace

Result<ChangedIndex> change_index(ContentStore& store, const std::string& tag, const IndexChanges& changes,
                                  const std::stop_token& stop) {
  const auto where = full_name(store, tag);
  DRAY_TRY_ASSIGN(const auto raw, store.get_manifest(tag, stop));
  auto document = IndexDocument::parse(raw.bytes, raw.descriptor.media_type.text());
  if (!document) return std::move(document).error().context(where);
  DRAY_TRY(check_annotations(*document, changes));
  Change change(*std::move(document), where);
  DRAY_TRY(change.keep(changes.keep));
  DRAY_TRY(change.remove(changes.remove_platforms));
  DRAY_TRY(change.remove(changes.remove_digests));
  DRAY_TRY(add_all(change, changes, store, stop));
  DRAY_TRY(change.annotate(changes.annotations));
  if (!change.changed()) return ChangedIndex{raw.descriptor, raw.descriptor, {}, {}};
  if (change.document().entries().empty()) {
    return Error(ErrorCode::invalid_input, where + " would list nothing any more; `dray delete` takes the tag away");
  }
  auto bytes = change.document().serialize();
  const RawManifest changed{{raw.descriptor.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
  DRAY_TRY(check_unmoved(store, tag, raw.descriptor.digest, stop));
  DRAY_TRY(store.set_tag(tag, changed, stop));
  return ChangedIndex{raw.descriptor, changed.descriptor, change.added(), change.removed()};
}

}  // namespace dray::ops
