#include <dray/format/manifest.hpp>

#include "manifest_parts.hpp"
#include "registry_local.hpp"
#include "registry_walk.hpp"

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::referrer_link;
using registry_paths::revision_link_path;

/// Links that are written together.
constexpr std::size_t links_at_a_time = 64;
/// Repositories that are remembered as searched; beyond it all are searched again.
constexpr std::size_t max_searched_repositories = 100'000;

struct Referral {
  Digest subject;
  Digest referrer;
};

/// What a manifest says its subject is; nothing for one that cannot be read.
std::optional<Digest> subject_on_disk(const Directory& root, const Digest& digest) {
  const auto bytes = read_manifest_bytes(root, digest);
  if (!bytes || bytes->find("\"subject\"") == std::string::npos) return std::nullopt;
  const auto manifest = parse_manifest(*bytes, "");
  return manifest ? subject_of(*manifest) : std::nullopt;
}

Result<std::vector<Referral>> referrals_of(const Directory& root, const std::string& repository) {
  DRAY_TRY_ASSIGN(const auto digests, walk_links(root, inside(repository, "_manifests/revisions"), nullptr));
  std::vector<Referral> found;
  for (const auto& digest : digests) {
    if (const auto subject = subject_on_disk(root, digest)) found.push_back({.subject = *subject, .referrer = digest});
  }
  return found;
}

Result<void> write_referrals(RegistryTree& tree, const std::string& repository, const std::vector<Referral>& all) {
  for (std::size_t at = 0; at < all.size();) {
    Publication publication(tree);
    for (std::size_t count = 0; count < links_at_a_time && at < all.size(); ++at) {
      const auto target = referrer_link(repository, all[at].subject, all[at].referrer);
      DRAY_TRY_ASSIGN(const bool known, tree.has_link(target.path(), all[at].referrer));
      if (known) continue;
      DRAY_TRY(publication.add_link(target, all[at].referrer));
      ++count;
    }
    DRAY_TRY(publication.publish());
  }
  return {};
}

}  // namespace

/// Manifests that distribution stored, or a program of ours before it kept track, have no entry of their own: the first
/// time that somebody asks, all are read once and theirs are written.
Result<void> LocalRegistry::note_old_referrers(const std::string& repository) {
  if (searched_.with([&](const auto& searched) { return searched.contains(repository); })) return {};
  DRAY_TRY_ASSIGN(const auto referrals, referrals_of(core_->tree.root(), repository));
  DRAY_TRY(write_referrals(core_->tree, repository, referrals));
  searched_.with([&](auto& searched) {
    if (searched.size() >= max_searched_repositories) searched.clear();
    searched.insert(repository);
  });
  return {};
}

Result<std::vector<Digest>> LocalRegistry::list_referrers(const std::string& repository, const Digest& subject) {
  const auto& tree = core_->tree;
  std::vector<Digest> found;
  if (core_->writable()) {
    DRAY_TRY(note_old_referrers(repository));
    const auto folder = inside(repository, "_referrers/") + std::string(name(subject.algorithm())) + "/";
    DRAY_TRY_ASSIGN(found, walk_links(tree.root(), folder + std::string(subject.hex()), nullptr));
  } else {
    DRAY_TRY_ASSIGN(const auto referrals, referrals_of(tree.root(), repository));
    for (const auto& referral : referrals) {
      if (referral.subject == subject) found.push_back(referral.referrer);
    }
  }
  Result<void> failure;
  std::erase_if(found, [&](const auto& digest) {
    if (!failure) return false;
    const auto kept = tree.has_link(revision_link_path(repository, digest), digest);
    if (!kept) failure = kept.error();
    return kept && !*kept;
  });
  DRAY_TRY(std::move(failure));
  return found;
}

}  // namespace dray
