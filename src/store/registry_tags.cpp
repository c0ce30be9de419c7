#include <algorithm>
#include <dray/core/reference.hpp>

#include "registry_local.hpp"
#include "registry_walk.hpp"

namespace dray {
namespace {

using registry_paths::inside;
using registry_paths::tag_index_link;
using registry_paths::tag_link;
using registry_paths::tag_link_path;

/// A folder that changed this short ago may change once more without its times telling: they come from a clock with
/// steps of some milliseconds. Such a list is not kept.
constexpr std::chrono::milliseconds clock_step{50};

std::size_t lock_of(const std::string& repository, const std::string& tag) {
  return std::hash<std::string>{}(repository) * 31 + std::hash<std::string>{}(tag);
}

/// The page of a sorted list behind `after`.
ListingPage page_of(const std::vector<std::string>& names, std::string_view after, std::size_t limit) {
  auto at = after.empty() ? names.begin() : std::upper_bound(names.begin(), names.end(), after);
  const auto left = static_cast<std::size_t>(names.end() - at);
  const auto count = std::min(left, limit);
  return {.names = {at, at + static_cast<std::ptrdiff_t>(count)}, .more = left > count};
}

bool same(const TagList& list, const FileStatus& folder, std::uint64_t changes) {
  return list.inode == folder.inode && list.modified == folder.modified && list.changed == folder.changed &&
         list.changes == changes;
}

std::size_t weight_of(const TagList& list) {
  std::size_t weight = sizeof list;
  for (const auto& name : list.names) weight += sizeof name + name.size();
  return weight;
}

/// Removes the index of a tag, `index/<algorithm>/<hex>/link`, and the tag's folder when nothing else is in it.
Result<void> remove_tag_folder(const Directory& root, const std::string& path) {
  DRAY_TRY_ASSIGN(const auto digests, walk_links(root, path + "/index", nullptr));
  for (const auto& digest : digests) {
    const auto folder = path + "/index/" + std::string(name(digest.algorithm())) + "/" + std::string(digest.hex());
    DRAY_TRY(root.remove_file(folder + "/link"));
    DRAY_TRY(root.remove_empty_directory(folder));
  }
  for (const char* folder : {"/index/sha256", "/index/sha512", "/index", "/current", ""}) {
    DRAY_TRY(root.remove_empty_directory(path + folder));
  }
  return {};
}

}  // namespace

Result<void> LocalRegistry::set_tags(const std::string& repository, const Digest& digest,
                                     const std::vector<std::string>& tags) {
  for (const auto& tag : tags) {
    Publication publication(core_->tree);
    DRAY_TRY(publication.add_link(tag_index_link(repository, tag, digest), digest));
    DRAY_TRY(publication.add_link(tag_link(repository, tag), digest));
    DRAY_TRY(publication.prepare());
    const std::lock_guard lock(tag_locks_[lock_of(repository, tag) % tag_lock_count]);
    const bool known = core_->tree.root().exists(tag_link_path(repository, tag)).value_or(false);
    auto placed = publication.place();
    if (!known) tag_changes_.bump(repository);
    DRAY_TRY(std::move(placed));
  }
  return {};
}

/// False when there is no such tag. The caller has the tag's lock, or the gate to itself.
Result<bool> LocalRegistry::drop_tag(const std::string& repository, const std::string& tag) {
  const auto path = tag_link_path(repository, tag);
  DRAY_TRY_ASSIGN(const bool removed, core_->tree.remove_and_sync(path));
  if (!removed) return false;
  tag_changes_.bump(repository);
  tag_removals_.bump(repository);
  // The tag is gone for good; of what is left behind when this fails nothing shows.
  (void)remove_tag_folder(core_->tree.root(), inside(repository, "_manifests/tags/" + tag));
  return true;
}

Result<void> LocalRegistry::remove_tag(const std::string& repository, const std::string& tag) {
  DRAY_TRY(core_->check_writable());
  const auto pushing = core_->gate.enter();
  const std::lock_guard lock(tag_locks_[lock_of(repository, tag) % tag_lock_count]);
  DRAY_TRY_ASSIGN(const bool removed, drop_tag(repository, tag));
  if (!removed) return not_in_repository(repository, "tag " + tag);
  return {};
}

Result<std::shared_ptr<const TagList>> LocalRegistry::tag_list(const std::string& repository) {
  const auto& root = core_->tree.root();
  const auto changes = tag_changes_.get(repository);
  const auto removals = tag_removals_.get(repository);
  const auto folder = root.status(inside(repository, "_manifests/tags"));
  if (!folder && folder.error().code() == ErrorCode::not_found) return std::make_shared<const TagList>();
  if (!folder) return folder.error();
  auto cached = tags_.get(repository);
  if (cached && same(**cached, *folder, changes)) return *cached;
  auto list = std::make_shared<TagList>(TagList{.names = {},
                                                .inode = folder->inode,
                                                .modified = folder->modified,
                                                .changed = folder->changed,
                                                .changes = changes,
                                                .removals = removals});
  DRAY_TRY_ASSIGN(list->names, walk_tags(root, repository, nullptr));
  // Removals of another process are not counted.
  const bool whole_before = cached && core_->writable() && (*cached)->removals == removals;
  const auto* const before = whole_before ? &(*cached)->names : nullptr;
  Result<void> failure;
  std::erase_if(list->names, [&](const auto& tag) {
    // A tag that was whole and was not removed since is so still: links are replaced as a whole.
    if (!failure || (before != nullptr && std::binary_search(before->begin(), before->end(), tag))) return false;
    const auto link = core_->tree.read_link(tag_link_path(repository, tag));
    if (!link) failure = link.error();
    return link && !*link;
  });
  DRAY_TRY(std::move(failure));
  std::shared_ptr<const TagList> made = std::move(list);
  if (std::chrono::system_clock::now() - made->changed > clock_step) tags_.put(repository, made, weight_of(*made));
  return made;
}

Result<ListingPage> LocalRegistry::list_tags(const std::string& repository, std::string_view after, std::size_t limit) {
  DRAY_TRY_ASSIGN(const auto list, tag_list(repository));
  if (list->names.empty()) {
    DRAY_TRY_ASSIGN(const bool there, is_repository(core_->tree.root(), repository));
    if (!there) return Error(ErrorCode::not_found, "there is no repository " + repository);
  }
  return page_of(list->names, after, limit);
}

Result<std::shared_ptr<const std::vector<std::string>>> LocalRegistry::repository_list() {
  const auto now = core_->clock.now();
  const auto made = core_->tree.folders_made();
  auto names = repositories_.with([&](const auto& list) {
    const bool good = list.names && list.folders_made == made && now - list.made < limits::max_repository_list_age;
    return good ? list.names : nullptr;
  });
  if (names) return names;
  DRAY_TRY_ASSIGN(auto found, walk_repositories(core_->tree.root(), nullptr));
  names = std::make_shared<const std::vector<std::string>>(std::move(found));
  repositories_.with([&](auto& list) { list = {.names = names, .folders_made = made, .made = now}; });
  return names;
}

Result<ListingPage> LocalRegistry::list_repositories(std::string_view after, std::size_t limit) {
  DRAY_TRY_ASSIGN(const auto names, repository_list());
  return page_of(*names, after, limit);
}

Result<std::vector<StoredRevision>> LocalRegistry::list_revisions(const std::string& repository) {
  const auto& root = core_->tree.root();
  DRAY_TRY_ASSIGN(const auto digests, walk_links(root, inside(repository, "_manifests/revisions"), nullptr));
  std::vector<StoredRevision> found;
  for (const auto& digest : digests) {
    const auto path = registry_paths::revision_link_path(repository, digest);
    DRAY_TRY_ASSIGN(const bool linked, core_->tree.has_link(path, digest));
    if (!linked) continue;
    const auto status = root.status(path);
    if (status) found.push_back({.digest = digest, .stored = status->modified});
    if (!status && status.error().code() != ErrorCode::not_found) return status.error();
  }
  return found;
}

}  // namespace dray
