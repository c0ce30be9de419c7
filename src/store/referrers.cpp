#include <dray/store/referrers.hpp>

#include <algorithm>
#include <set>

#include "manifest_parts.hpp"

namespace dray {
namespace {

constexpr std::size_t max_algorithm_chars = 32;
constexpr std::size_t max_encoded_chars = 64;

std::size_t position_of(const IndexDocument& index, const Digest& digest) {
  const auto& entries = index.entries();
  const auto found = std::ranges::find(entries, digest, &Descriptor::digest);
  return static_cast<std::size_t>(found - entries.begin());
}

}  // namespace

std::optional<Referral> referral_of(const RawManifest& manifest) {
  // Most manifests have none, and need not be read twice to see it.
  if (manifest.bytes.find("\"subject\"") == std::string::npos) return std::nullopt;
  const auto parsed = parse_manifest(manifest.bytes, manifest.descriptor.media_type.text());
  if (!parsed) return std::nullopt;
  const auto subject = subject_of(*parsed);
  if (!subject) return std::nullopt;
  return Referral{.subject = *subject, .entry = referrer_entry(manifest.descriptor, *parsed)};
}

Descriptor referrer_entry(const Descriptor& descriptor, const AnyManifest& manifest) {
  Descriptor entry{.media_type = descriptor.media_type, .digest = descriptor.digest, .size = descriptor.size};
  if (const auto* const image = std::get_if<Manifest>(&manifest)) {
    entry.artifact_type = image->artifact_type ? image->artifact_type : std::optional(image->config.media_type);
    entry.annotations = image->annotations;
  } else if (const auto* const index = std::get_if<Index>(&manifest)) {
    entry.artifact_type = index->artifact_type;
    entry.annotations = index->annotations;
  }
  return entry;
}

std::string referrers_tag(const Digest& subject) {
  const auto algorithm = name(subject.algorithm()).substr(0, max_algorithm_chars);
  return std::string(algorithm) + "-" + std::string(subject.hex().substr(0, max_encoded_chars));
}

Result<IndexDocument> parse_referrers(const RawManifest& manifest) {
  return IndexDocument::parse(manifest.bytes, manifest.descriptor.media_type.text());
}

RawManifest raw_referrers(const IndexDocument& index) {
  auto bytes = index.serialize();
  return {{index.index().media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
}

bool add_referrer(IndexDocument& index, const Descriptor& entry) {
  if (position_of(index, entry.digest) < index.entries().size()) return false;
  index.append(entry);
  return true;
}

bool remove_referrer(IndexDocument& index, const Digest& digest) {
  bool changed = false;
  for (auto at = position_of(index, digest); at < index.entries().size(); at = position_of(index, digest)) {
    index.remove(at);
    changed = true;
  }
  return changed;
}

std::vector<Descriptor> select_referrers(std::vector<Descriptor> entries,
                                         const std::optional<MediaType>& artifact_type) {
  std::set<Digest> seen;
  std::erase_if(entries, [&](const Descriptor& entry) {
    return (artifact_type && entry.artifact_type != artifact_type) || !seen.insert(entry.digest).second;
  });
  return entries;
}

}  // namespace dray
