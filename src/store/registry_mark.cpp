#include "registry_mark.hpp"

#include <dray/format/manifest.hpp>

#include <algorithm>

#include "manifest_parts.hpp"
#include "registry_local.hpp"
#include "registry_walk.hpp"

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::layer_link_path;
using registry_paths::revision_link_path;
using registry_paths::tag_link_path;

Error stopped() { return {ErrorCode::cancelled, "the collection was stopped"}; }

/// Every digest that a text holds.
std::vector<Digest> digests_in(std::string_view text) {
  std::vector<Digest> found;
  for (const auto algorithm : {DigestAlgorithm::sha256, DigestAlgorithm::sha512}) {
    const auto begin = std::string(name(algorithm)) + ":";
    const auto size = begin.size() + 2 * hash_bytes(algorithm);
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
      if (const auto digest = Digest::parse(text.substr(at, size))) found.push_back(*digest);
    }
  }
  return found;
}

/// Looks at one repository.
class RepositoryMarker {
 public:
  RepositoryMarker(const RegistryCore& core, const MarkOptions& options, std::string repository, CollectMarks& marks)
      : core_(core), options_(options), repository_(std::move(repository)), marks_(marks) {}

  Result<void> run(const std::stop_token& stop) {
    DRAY_TRY(read_revisions(stop));
    DRAY_TRY_ASSIGN(const auto tagged, tagged_digests());
    const auto reached = reach(tagged);
    std::set<Digest> held = options_.remove_untagged ? tagged : revision_names();
    for (const auto& [digest, reach] : revisions_) {
      if (reached.contains(digest)) continue;
      marks_.untagged.push_back({.repository = repository_, .digest = digest});
      if (!options_.remove_untagged) continue;
      DRAY_TRY_ASSIGN(const bool young,
                      is_young(core_, revision_link_path(repository_, digest), digest, options_.young));
      if (young) held.insert(digest);
    }
    keep(reach(held));
    return mark_links();
  }

 private:
  Result<void> read_revisions(const std::stop_token& stop) {
    const auto& root = core_.tree.root();
    DRAY_TRY_ASSIGN(const auto digests, walk_links(root, inside(repository_, "_manifests/revisions"), &marks_.strange));
    for (const auto& digest : digests) {
      if (stop.stop_requested()) return stopped();
      DRAY_TRY_ASSIGN(const bool linked, core_.tree.has_link(revision_link_path(repository_, digest), digest));
      if (!linked) continue;
      DRAY_TRY_ASSIGN(auto found, reach_of(root, digest).transform_error([&](Error error) {
        return std::move(error).context("nothing was removed, because what the repository " + repository_ +
                                        " needs is not known");
      }));
      revisions_.emplace(digest, found ? std::move(*found) : ManifestReach());
    }
    return {};
  }

  [[nodiscard]] std::set<Digest> revision_names() const {
    std::set<Digest> names;
    for (const auto& [digest, reach] : revisions_) names.insert(digest);
    return names;
  }

  Result<std::set<Digest>> tagged_digests() {
    DRAY_TRY_ASSIGN(const auto tags, walk_tags(core_.tree.root(), repository_, &marks_.strange));
    std::set<Digest> found;
    for (const auto& tag : tags) {
      DRAY_TRY_ASSIGN(const auto digest, core_.tree.read_link(tag_link_path(repository_, tag)));
      if (digest) found.insert(*digest);
    }
    return found;
  }

  /// The revisions that `roots` lead to: entries of indexes, and referrers of what is reached.
  [[nodiscard]] std::set<Digest> reach(const std::set<Digest>& roots) const {
    std::multimap<Digest, Digest> referrers;
    for (const auto& [digest, reach] : revisions_) {
      if (reach.subject) referrers.emplace(*reach.subject, digest);
    }
    std::set<Digest> reached;
    std::vector<Digest> to_visit(roots.begin(), roots.end());
    while (!to_visit.empty()) {
      const auto digest = to_visit.back();
      to_visit.pop_back();
      const auto found = revisions_.find(digest);
      if (found == revisions_.end() || !reached.insert(digest).second) continue;
      to_visit.insert(to_visit.end(), found->second.entries.begin(), found->second.entries.end());
      const auto [first, last] = referrers.equal_range(digest);
      for (auto at = first; at != last; ++at) to_visit.push_back(at->second);
    }
    return reached;
  }

  void keep(const std::set<Digest>& reached) {
    for (const auto& [digest, reach] : revisions_) {
      if (!reached.contains(digest)) {
        marks_.removable.push_back({.repository = repository_, .digest = digest});
        continue;
      }
      named_.insert(digest);
      named_.insert(reach.blobs.begin(), reach.blobs.end());
    }
    marks_.kept.insert(named_.begin(), named_.end());
  }

  Result<void> mark_links() {
    DRAY_TRY_ASSIGN(const auto links, walk_links(core_.tree.root(), inside(repository_, "_layers"), &marks_.strange));
    for (const auto& digest : links) {
      if (named_.contains(digest)) continue;
      DRAY_TRY_ASSIGN(const bool young, is_young(core_, layer_link_path(repository_, digest), digest, options_.young));
      if (young) {
        marks_.kept.insert(digest);
      } else {
        marks_.unused_links.push_back({.repository = repository_, .digest = digest});
      }
    }
    return {};
  }

  const RegistryCore& core_;
  const MarkOptions& options_;
  const std::string repository_;
  CollectMarks& marks_;
  std::map<Digest, ManifestReach> revisions_;
  std::unordered_set<Digest> named_;
};

}  // namespace

Result<std::optional<ManifestReach>> reach_of(const Directory& root, const Digest& digest) {
  const auto bytes = read_manifest_bytes(root, digest);
  if (!bytes && bytes.error().code() == ErrorCode::not_found) return std::optional<ManifestReach>();
  if (!bytes) return bytes.error();
  const auto manifest = parse_manifest(*bytes, "");
  ManifestReach reach;
  if (!manifest) {
    reach.blobs = digests_in(*bytes);
    reach.entries = reach.blobs;
    return std::optional(std::move(reach));
  }
  for (const auto& blob : blobs_of(*manifest)) reach.blobs.push_back(blob.digest);
  reach.entries = entries_of(*manifest);
  reach.subject = subject_of(*manifest);
  return std::optional(std::move(reach));
}

Result<bool> is_young(const RegistryCore& core, const std::string& path, const Digest& digest,
                      const YoungSince& young) {
  if (core.wanted.noted_since(digest, young.steady)) return true;
  const auto status = core.tree.root().status(path);
  if (status) return status->modified > young.wall;
  if (status.error().code() == ErrorCode::not_found) return false;
  return status.error();
}

Result<CollectMarks> mark_registry(const RegistryCore& core, const MarkOptions& options, const std::stop_token& stop) {
  CollectMarks marks;
  DRAY_TRY_ASSIGN(const auto repositories, walk_repositories(core.tree.root(), &marks.strange));
  for (const auto& repository : repositories) {
    if (stop.stop_requested()) return stopped();
    DRAY_TRY(RepositoryMarker(core, options, repository, marks).run(stop));
  }
  DRAY_TRY_ASSIGN(const auto with_uploads, walk_names_with_uploads(core.tree.root()));
  for (const auto& name : with_uploads) DRAY_TRY(walk_uploads(core.tree.root(), name, &marks.strange));
  return marks;
}

}  // namespace dray
