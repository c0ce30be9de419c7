#include <algorithm>
#include <dray/format/manifest.hpp>

#include "manifest_parts.hpp"
#include "registry_local.hpp"
#include "registry_mark.hpp"
#include "registry_walk.hpp"

namespace dray {

/// One run of the collection: looks around, then takes away one thing after the other. Pushes go on meanwhile: each
/// removal is a step that they wait for, and looks once more whether somebody came to need the thing.
class RegistryCollection {
 public:
  RegistryCollection(LocalRegistry& registry, const CollectOptions& options, std::stop_token stop)
      : registry_(registry),
        core_(*registry.core_),
        options_(options),
        stop_(std::move(stop)),
        young_{.wall = core_.clock.wall_now() - core_.options.grace,
               .steady = core_.clock.now() - core_.options.grace} {}

  Result<CollectReport> run() {
    core_.wanted.prune(young_.steady);
    {
      // Alone, so that no push that was not listened to ends behind the look around.
      const auto step = core_.gate.step();
      core_.births.begin();
    }
    auto done = collect();
    core_.births.end();
    DRAY_TRY(std::move(done));
    std::sort(report_.removed.begin(), report_.removed.end());
    std::sort(report_.strange.begin(), report_.strange.end());
    return std::move(report_);
  }

 private:
  Result<void> collect() {
    DRAY_TRY_ASSIGN(marks_, mark_registry(core_, {.remove_untagged = options_.untagged, .young = young_}, stop_));
    report_.strange = std::move(marks_.strange);
    for (const auto& found : marks_.untagged) {
      report_.untagged.push_back({.repository = found.repository, .digest = found.digest});
    }
    for (const auto& found : marks_.removable) DRAY_TRY(remove_revision(found));
    for (const auto& found : marks_.unused_links) DRAY_TRY(remove_link(found));
    DRAY_TRY(remove_blobs());
    DRAY_TRY(empty_trash());
    DRAY_TRY(remove_uploads());
    look_at_own_folders();
    return {};
  }

  [[nodiscard]] Result<void> check_stop() const {
    if (stop_.stop_requested()) return Error(ErrorCode::cancelled, "the collection was stopped");
    return {};
  }
  [[nodiscard]] bool wanted(const Digest& digest) const { return core_.wanted.noted_since(digest, young_.steady); }

  /// Keeps all that a manifest leads to which somebody came to need.
  Result<void> keep(const std::string& repository, const Digest& first) {
    std::vector<Digest> to_visit{first};
    while (!to_visit.empty()) {
      const auto digest = to_visit.back();
      to_visit.pop_back();
      if (!visited_late_.insert({.repository = repository, .digest = digest}).second) continue;
      kept_late_.insert({.repository = repository, .digest = digest});
      marks_.kept.insert(digest);
      DRAY_TRY_ASSIGN(const auto reach, reach_of(core_.tree.root(), digest));
      if (!reach) continue;
      for (const auto& blob : reach->blobs) {
        marks_.kept.insert(blob);
        kept_late_.insert({.repository = repository, .digest = blob});
      }
      to_visit.insert(to_visit.end(), reach->entries.begin(), reach->entries.end());
    }
    return {};
  }
  Result<void> keep_newborn() {
    for (const auto& born : core_.births.take()) DRAY_TRY(keep(born.repository, born.digest));
    return {};
  }

  /// A revision that no tag reaches goes, unless somebody asked for it or an index was pushed that names it.
  Result<void> remove_revision(const RepositoryDigest& found) {
    DRAY_TRY(check_stop());
    if (options_.dry_run) return {};
    const auto step = core_.gate.step();
    DRAY_TRY(keep_newborn());
    if (kept_late_.contains(found)) return {};
    if (wanted(found.digest)) return keep(found.repository, found.digest);
    return registry_.drop_revision(found.repository, found.digest);
  }

  /// The link of a repository to a blob that none of its manifests names.
  Result<void> remove_link(const RepositoryDigest& found) {
    DRAY_TRY(check_stop());
    const auto path = registry_paths::layer_link_path(found.repository, found.digest);
    const auto& root = core_.tree.root();
    const auto step = core_.gate.step();
    DRAY_TRY(keep_newborn());
    if (kept_late_.contains(found)) return {};
    DRAY_TRY_ASSIGN(const bool young, is_young(core_, path, found.digest, young_));
    if (young) {
      marks_.kept.insert(found.digest);
      return {};
    }
    DRAY_TRY_ASSIGN(const bool there, root.exists(path));
    if (there) ++report_.removed_links;
    if (options_.dry_run || !there) return {};
    // Not synced: a link that comes back after a power cut leads to bytes that are there, or to none.
    DRAY_TRY(root.remove_file(path));
    return root.remove_empty_directory(registry_paths::parent(path));
  }

  Result<void> remove_blobs() {
    DRAY_TRY_ASSIGN(const auto blobs, walk_blobs(core_.tree.root(), &report_.strange));
    for (const auto& digest : blobs) {
      DRAY_TRY(check_stop());
      const auto status = core_.tree.root().status(registry_paths::blob_data_path(digest));
      if (!status && status.error().code() == ErrorCode::not_found) continue;
      if (!status) return status.error();
      DRAY_TRY_ASSIGN(const bool removed, remove_blob(digest));
      if (removed) {
        report_.removed.push_back(digest);
        report_.removed_bytes += status->size;
      } else {
        ++report_.kept_blobs;
        report_.kept_bytes += status->size;
      }
    }
    if (options_.dry_run || report_.removed.empty()) return {};
    return core_.tree.root().sync_inside(std::string(registry_paths::trash));
  }

  Result<bool> remove_blob(const Digest& digest) {
    if (marks_.kept.contains(digest)) return false;
    const auto path = registry_paths::blob_data_path(digest);
    const auto step = core_.gate.step();
    DRAY_TRY(keep_newborn());
    if (marks_.kept.contains(digest)) return false;
    DRAY_TRY_ASSIGN(const bool young, is_young(core_, path, digest, young_));
    if (young) return false;
    if (options_.dry_run) return true;
    const auto to = std::string(registry_paths::trash) + "/" + digest.text();
    // Its age in the trash counts from now on, and not from the last write.
    DRAY_TRY(core_.tree.root().touch(path, core_.clock.wall_now()));
    DRAY_TRY(core_.tree.root().move(path, to));
    registry_.manifests_.erase(digest);
    (void)core_.tree.root().remove_empty_directory(registry_paths::parent(path));
    return true;
  }

  Result<void> empty_trash() {
    const std::string path(registry_paths::trash);
    const auto folder = core_.tree.root().open_directory(path);
    if (!folder && folder.error().code() == ErrorCode::not_found) return {};
    if (!folder) return folder.error();
    DRAY_TRY_ASSIGN(const auto entries, folder->list_entries(limits::max_list_entries));
    for (const auto& entry : entries) {
      DRAY_TRY(check_stop());
      if (entry.kind != FileStatus::Kind::file || !Digest::parse(entry.name)) {
        report_.strange.push_back(path + "/" + entry.name);
        continue;
      }
      const auto status = folder->status(entry.name);
      if (!options_.dry_run && status && status->modified <= young_.wall) DRAY_TRY(folder->remove_file(entry.name));
    }
    return {};
  }

  Result<void> remove_uploads() {
    using Idle = LocalRegistry::IdleUploads;
    const auto age = std::max<std::chrono::seconds>(core_.options.grace, limits::max_idle_upload_age);
    DRAY_TRY_ASSIGN(report_.removed_uploads,
                    registry_.look_for_idle_uploads(age, options_.dry_run ? Idle::count : Idle::remove));
    return {};
  }

  void look_at_own_folders() {
    const auto& root = core_.tree.root();
    note_strangers(root, "docker/registry/v2", {"blobs", "repositories"}, report_.strange);
    note_strangers(root, "_dray", {"tmp", "trash", "quarantine", "lock", "uploads"}, report_.strange);
    note_strange_files_of_ours(root, report_.strange);
  }

  LocalRegistry& registry_;
  RegistryCore& core_;
  const CollectOptions options_;
  const std::stop_token stop_;
  const YoungSince young_;
  CollectMarks marks_;
  /// What was kept since the look around; blobs and manifests of a repository alike.
  std::set<RepositoryDigest> kept_late_;
  std::set<RepositoryDigest> visited_late_;  // manifests whose reach was kept
  CollectReport report_;
};

Result<CollectReport> LocalRegistry::collect(const CollectOptions& options, const std::stop_token& stop) {
  if (!options.dry_run) DRAY_TRY(core_->check_writable());
  const std::unique_lock alone(collecting_, std::try_to_lock);
  if (!alone) return Error(ErrorCode::conflict, "a collection is running already");
  return RegistryCollection(*this, options, stop).run();
}

}  // namespace dray
