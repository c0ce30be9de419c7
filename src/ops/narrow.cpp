#include "narrow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <dray/ops/select.hpp>
#include <set>

#include "attestation.hpp"
#include "naming.hpp"

namespace dray::ops {

namespace {

void say_left_out(const Index& index, std::size_t chosen, Observer& observer) {
  const auto attestations =
      static_cast<std::size_t>(std::ranges::count_if(index.manifests, [](const auto& e) { return is_attestation(e); }));
  const auto others = index.manifests.size() - std::min(index.manifests.size(), attestations + chosen);
  if (others > 0) observer.on(Observer::Decided{fmt::format("{} other entries of the index are left out", others)});
  if (attestations > 0) {
    observer.on(Observer::Decided{fmt::format("{} attestations are left out, as platforms were chosen", attestations)});
  }
}

Result<Narrowed> narrow_to_one(ContentSource& source, const ManifestName& name, const Platform& platform,
                               Observer& observer, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto image, select_image(source, name, platform, stop));
  observer.on(Observer::Decided{
      fmt::format("{} for {}: {}", image.raw.descriptor.digest.text(), platform.text(), image.reason)});
  if (image.path.size() > 1) {
    observer.on(Observer::Decided{"the other entries of the index, attestations too, are left out"});
  }
  Narrowed narrowed{std::move(image.raw), image.path.front()};
  if (image.path.size() > 1) {
    narrowed.reasons.push_back(fmt::format("{} was chosen: its image stands alone", platform.text()));
  }
  return narrowed;
}

Result<std::set<std::size_t>> choose(const Index& index, const std::vector<Platform>& platforms,
                                     const std::string& where, Observer& observer) {
  std::vector<Platform> offered;
  for (const auto& entry : index.manifests) {
    offered.push_back(is_attestation(entry) ? Platform{} : entry.platform.value_or(Platform{}));
  }
  std::set<std::size_t> positions;
  for (const auto& platform : platforms) {
    const auto choice = choose_platform(platform, offered);
    if (!choice) {
      return Error(ErrorCode::not_found,
                   where + " has no image for " + platform.text() + "; there are: " + list_platforms(index));
    }
    observer.on(Observer::Decided{fmt::format("{} for {}: {}", index.manifests[choice->position].digest.text(),
                                              platform.text(), choice->reason)});
    positions.insert(choice->position);
  }
  return positions;
}

std::set<Digest> digests_at(const Index& index, const std::set<std::size_t>& positions) {
  std::set<Digest> digests;
  for (const auto position : positions) digests.insert(index.manifests[position].digest);
  return digests;
}

RawManifest make_index(const Index& index, const std::set<std::size_t>& positions) {
  Index chosen = index;
  chosen.manifests.clear();
  for (const auto position : positions) chosen.manifests.push_back(index.manifests[position]);
  auto bytes = chosen.serialize();
  return {{chosen.media_type, Digest::of(as_bytes(bytes)), bytes.size()}, std::move(bytes)};
}

}  // namespace

Result<Narrowed> narrow(ContentSource& source, const ManifestName& name, const Choice& choice, Observer& observer,
                        const std::stop_token& stop) {
  const auto& platforms = choice.platforms;
  if (platforms.size() == 1 && !choice.sparse) return narrow_to_one(source, name, platforms.front(), observer, stop);
  DRAY_TRY_ASSIGN(auto raw, source.get_manifest(name, stop));
  auto resolved = raw.descriptor;
  if (platforms.empty()) return Narrowed{std::move(raw), std::move(resolved)};

  auto parsed = parse_manifest(raw.bytes, raw.descriptor.media_type.text());
  if (!parsed) return std::move(parsed).error().context("manifest " + full_name(source, name));
  const auto* index = std::get_if<Index>(&*parsed);
  if (index == nullptr) {  // a single image cannot be for several, unless they are spellings of one
    for (const auto& platform : platforms) {
      DRAY_TRY(select_image(source, resolved.digest, platform, stop));
    }
    return Narrowed{std::move(raw), std::move(resolved)};
  }
  DRAY_TRY_ASSIGN(const auto positions, choose(*index, platforms, full_name(source, name), observer));
  if (positions.size() == index->manifests.size()) return Narrowed{std::move(raw), std::move(resolved)};
  say_left_out(*index, positions.size(), observer);
  if (choice.sparse) return Narrowed{std::move(raw), std::move(resolved), digests_at(*index, positions)};
  Narrowed narrowed{make_index(*index, positions), std::move(resolved)};
  narrowed.reasons.push_back(fmt::format("{} of the index's {} entries were chosen: a new index lists them",
                                         positions.size(), index->manifests.size()));
  return narrowed;
}

}  // namespace dray::ops
