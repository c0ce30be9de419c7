#include <dray/ops/remove.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <dray/base/guarded.hpp>
#include <dray/base/task_group.hpp>
#include <dray/core/limits.hpp>
#include <dray/store/abilities.hpp>
#include <map>

#include "naming.hpp"
#include "throwaway.hpp"

namespace dray::ops {

namespace {

using TagsByDigest = std::map<Digest, std::vector<std::string>>;

/// Asks for each tag by itself. One that is gone meanwhile points at nothing.
Result<TagsByDigest> ask_for_tags(ContentStore& store, std::size_t jobs, const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(const auto tags, store.list_tags(stop));
  std::vector<std::optional<Digest>> digests(tags.size());
  TaskGroup group(jobs > 0 ? jobs : limits::max_connections, stop);
  for (std::size_t i = 0; i < tags.size(); ++i) {
    group.run([&store, &tag = tags[i], &digest = digests[i]](const std::stop_token& group_stop) -> Result<void> {
      auto found = store.resolve(tag, group_stop);
      if (found) digest = std::move(found->digest);
      if (found || found.error().code() == ErrorCode::not_found) return {};
      return std::move(found).error();
    });
  }
  DRAY_TRY(group.wait());
  TagsByDigest by_digest;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (digests[i]) by_digest[*digests[i]].push_back(tags[i]);
  }
  return by_digest;
}

Result<TagsByDigest> all_tags(ContentStore& store, std::size_t jobs, const std::stop_token& stop) {
  auto* const teller = dynamic_cast<ListsTagDigests*>(&store);
  if (teller == nullptr) return ask_for_tags(store, jobs, stop);
  DRAY_TRY_ASSIGN(auto told, teller->list_tag_digests(stop));
  TagsByDigest by_digest;
  for (auto& [tag, digest] : told) by_digest[digest].push_back(std::move(tag));
  return by_digest;
}

Error points_elsewhere(const ContentStore& store, const std::string& tag, const Digest& now, const Digest& wanted) {
  return {ErrorCode::conflict, fmt::format("{} points at {} and not at {}: it was left alone", full_name(store, tag),
                                           now.text(), wanted.text())};
}

/// What the tag points at, which must be `wanted` where that is given.
Result<Descriptor> look_at_tag(ContentStore& store, const std::string& tag, const std::optional<Digest>& wanted,
                               const std::stop_token& stop) {
  DRAY_TRY_ASSIGN(auto found, store.resolve(tag, stop));
  if (wanted && found.digest != *wanted) return points_elsewhere(store, tag, found.digest, *wanted);
  return found;
}

bool is_same(const PlannedRemoval& one, const PlannedRemoval& other) {
  return one.tag == other.tag && (one.tag || one.manifest.digest == other.manifest.digest);
}

Error neither_way(const Error& tag_refused, const Error& manifest_refused) {
  return Error(ErrorCode::unsupported,
               fmt::format("{}; it removes no manifests either ({}), so that nothing was changed: deletion has to be "
                           "allowed in the registry's own settings (distribution: storage.delete.enabled)",
                           tag_refused.message(), manifest_refused.message()))
      .with_peer(tag_refused.peer_status(), tag_refused.peer_words());
}

/// The other way for a registry. A place on disk that removes no tag has none.
Result<RemovedBy> remove_otherwise(ContentStore& store, const PlannedRemoval& planned, const Error& refused,
                                   Random& random, const std::stop_token& stop) {
  if (dynamic_cast<HasOrigin*>(&store) == nullptr) return refused;
  DRAY_TRY_ASSIGN(const auto image, store.get_manifest(*planned.tag, stop));
  if (image.descriptor.digest != planned.manifest.digest) {
    return points_elsewhere(store, *planned.tag, image.descriptor.digest, planned.manifest.digest);
  }
  auto removed = remove_by_throwaway(store, *planned.tag, image, random, stop);
  if (removed) return RemovedBy::throwaway;
  if (removed.error().code() == ErrorCode::unsupported) return neither_way(refused, removed.error());
  return std::move(removed).error();
}

}  // namespace

Result<std::vector<PlannedRemoval>> plan_removals(ContentStore& store, const std::vector<RemovalTarget>& targets,
                                                  std::size_t jobs, const std::stop_token& stop) {
  std::vector<PlannedRemoval> plan;
  std::optional<TagsByDigest> tags;
  for (const auto& target : targets) {
    PlannedRemoval planned{target.tag, {MediaType::of(media_types::oci_manifest), Digest::of({}), 0}, {}};
    if (target.tag) {
      DRAY_TRY_ASSIGN(planned.manifest, look_at_tag(store, *target.tag, target.digest, stop));
      planned.tags = {*target.tag};
    } else {
      DRAY_TRY_ASSIGN(planned.manifest, store.resolve(*target.digest, stop));
      if (!tags) {
        DRAY_TRY_ASSIGN(tags, all_tags(store, jobs, stop));
      }
      planned.tags = (*tags)[planned.manifest.digest];
    }
    const bool twice = std::ranges::any_of(plan, [&](const auto& other) { return is_same(planned, other); });
    if (!twice) plan.push_back(std::move(planned));
  }
  return plan;
}

Result<RemovedBy> remove(ContentStore& store, const PlannedRemoval& planned, Random& random,
                         const std::stop_token& stop) {
  if (!planned.tag) {
    DRAY_TRY(store.remove_manifest(planned.manifest.digest, stop));
    return RemovedBy::place;
  }
  DRAY_TRY(look_at_tag(store, *planned.tag, planned.manifest.digest, stop));
  const auto removed = store.remove_tag(*planned.tag, stop);
  if (removed) return RemovedBy::place;
  if (removed.error().code() != ErrorCode::unsupported) return removed.error();
  return remove_otherwise(store, planned, removed.error(), random, stop);
}

}  // namespace dray::ops
