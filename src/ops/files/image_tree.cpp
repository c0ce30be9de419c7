#include "image_tree.hpp"

#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>
#include <dray/ops/files_limits.hpp>
#include <dray/ops/unpack_limits.hpp>

#include <deque>
#include <utility>

#include "../unpack/entry_path.hpp"
#include "../unpack/layer_entry.hpp"

namespace dray::ops {

namespace {

/// `time` has the time that it is to have.
std::shared_ptr<TreeFile> implied_folder(const TarEntry& time) {
  auto file = std::make_shared<TreeFile>();
  file->type = TarType::directory;
  file->mode = 0755;
  file->mtime_seconds = time.mtime_seconds;
  file->mtime_nanoseconds = time.mtime_nanoseconds;
  return file;
}

std::shared_ptr<TreeFile> file_of(const TarEntry& entry, std::uint32_t layer) {
  auto file = std::make_shared<TreeFile>();
  file->header_offset = entry.header_offset;
  file->size = entry.size;
  file->mtime_seconds = entry.mtime_seconds;
  file->mtime_nanoseconds = entry.mtime_nanoseconds;
  file->uid = static_cast<std::uint32_t>(entry.uid);
  file->gid = static_cast<std::uint32_t>(entry.gid);
  file->layer = layer;
  file->mode = static_cast<std::uint16_t>(entry.mode);
  file->type = entry.type;
  if (entry.type == TarType::file || entry.type == TarType::hard_link || entry.type == TarType::fifo) return file;
  auto rare = std::make_unique<TarEntry>(entry);
  rare->path.clear();
  file->rare = std::move(rare);
  return file;
}

Error not_below(const std::string& path) {
  return {ErrorCode::invalid_input, "the layer puts something below " + shown_path(path) + ", which is no folder"};
}

Error circle(const std::vector<std::string>& names) {
  return {ErrorCode::invalid_input, "the links on the way to " + shown_path(names.empty() ? "/" : names.back()) +
                                        " lead in a circle, or there are more than " +
                                        std::to_string(limits::max_tree_links)};
}

/// Puts a link's names in front of those that are still to be walked. Errors: as `circle`.
Result<void> take_link(const std::string& text, std::deque<std::string>& ahead, std::size_t& links,
                       const std::vector<std::string>& names) {
  if (++links > limits::max_tree_links) return circle(names);
  const auto more = split_link(text);
  if (ahead.size() + more.size() > limits::max_archive_path_bytes) {
    return Error(ErrorCode::limit_exceeded, "the links on the way to a file make too long a path");
  }
  ahead.insert(ahead.begin(), more.begin(), more.end());
  return {};
}

}  // namespace

TarEntry TreeFile::entry() const {
  TarEntry entry;
  if (rare) entry = *rare;
  entry.type = type;
  entry.mode = mode;
  entry.uid = uid;
  entry.gid = gid;
  entry.size = size;
  entry.mtime_seconds = mtime_seconds;
  entry.mtime_nanoseconds = mtime_nanoseconds;
  entry.header_offset = header_offset;
  return entry;
}

ImageTree::ImageTree() { root_.file = implied_folder({}); }

Result<void> ImageTree::apply(ByteSource& tar, const std::stop_token& stop) {
  TarReader reader(tar);
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
    DRAY_TRY(apply_entry(*entry));
  }
  ++layer_;
  return {};
}

Result<void> ImageTree::apply_entry(const TarEntry& entry) {
  DRAY_TRY_ASSIGN(auto asked, read_layer_entry(entry));
  if (asked.does == LayerEntry::Does::nothing) return {};
  if (asked.does == LayerEntry::Does::put) return put(std::move(asked.names), entry);
  DRAY_TRY_ASSIGN(auto* const folder, walk(asked.names, {}));
  if (folder == nullptr || !folder->is_folder()) return {};
  if (asked.does == LayerEntry::Does::hide) {
    prune(*folder, asked.hidden);
  } else {
    hide_content(*folder);
  }
  return {};
}

Result<void> ImageTree::put(std::vector<std::string> names, const TarEntry& entry) {
  auto file = file_of(entry, layer_);
  if (names.empty()) {
    root_.file = std::move(file);
    root_.layer = layer_;
    return {};
  }
  const auto name = std::move(names.back());
  names.pop_back();
  DRAY_TRY_ASSIGN(auto* const above, walk(names, {.made_for = &entry}));
  const auto there = above->content.find(name);
  auto* const replaced = there != above->content.end() ? there->second.get() : nullptr;
  if (entry.type == TarType::hard_link) {
    DRAY_TRY_ASSIGN(file, hard_link_target(replaced, entry));
  }
  if (replaced != nullptr && replaced->is_folder() && entry.type == TarType::directory) {
    replaced->file = std::move(file);
    replaced->layer = layer_;
    return {};
  }
  if (replaced != nullptr) remove(*above, name);
  DRAY_TRY_ASSIGN([[maybe_unused]] auto* const added, add(*above, name, std::move(file)));
  return {};
}

/// `replaced` is what has the link's own name, or null.
Result<std::shared_ptr<TreeFile>> ImageTree::hard_link_target(const TreeName* replaced, const TarEntry& entry) {
  DRAY_TRY_ASSIGN(auto target, hard_link_names(entry));
  const auto last = std::move(target.back());
  target.pop_back();
  DRAY_TRY_ASSIGN(const auto* const folder, walk(target, {}));
  if (folder == nullptr || !folder->is_folder()) return bad_hard_link(entry, "which is not there");
  const auto found = folder->content.find(last);
  if (found == folder->content.end()) return bad_hard_link(entry, "which is not there");
  if (found->second->is_folder()) return bad_hard_link(entry, "which is a folder");
  if (found->second.get() == replaced) return bad_hard_link(entry, "which is itself");
  for (const auto* at = folder; at != nullptr; at = at->above) {
    if (at == replaced) return bad_hard_link(entry, "which it replaces");
  }
  return found->second->file;
}

Result<TreeName*> ImageTree::add(TreeName& above, const std::string& name, std::shared_ptr<TreeFile> file) {
  if (++names_ > limits::max_listed_files) {
    return Error(ErrorCode::limit_exceeded,
                 "the image holds more than " + std::to_string(limits::max_listed_files) + " files");
  }
  if (above.depth >= limits::max_archive_path_depth) {
    return Error(ErrorCode::limit_exceeded, "the image holds folders in folders, more than " +
                                                std::to_string(limits::max_archive_path_depth) + " deep");
  }
  auto added = std::make_unique<TreeName>();
  added->depth = above.depth + 1;
  ++file->links;
  added->file = std::move(file);
  added->layer = layer_;
  added->above = &above;
  auto* const place = added.get();
  above.content.insert_or_assign(name, std::move(added));
  return place;
}

Result<TreeName*> ImageTree::walk(const std::vector<std::string>& names, const Walk& how) {
  std::deque<std::string> ahead(names.begin(), names.end());
  auto* here = &root_;
  std::size_t links = 0;
  while (!ahead.empty()) {
    const auto name = std::move(ahead.front());
    ahead.pop_front();
    if (name == "..") {
      if (here->above != nullptr) here = here->above;
      continue;
    }
    if (!here->is_folder()) return nullptr;
    const auto found = here->content.find(name);
    if (found == here->content.end()) {
      if (how.made_for == nullptr) return nullptr;
      DRAY_TRY_ASSIGN(here, add(*here, name, implied_folder(*how.made_for)));
      continue;
    }
    auto& next = *found->second;
    if (next.file->type == TarType::symlink && (how.follow || !ahead.empty())) {
      const auto& text = next.file->rare->link_path;
      DRAY_TRY(take_link(text, ahead, links, names));
      if (text.starts_with('/')) here = &root_;
    } else if (how.made_for != nullptr && !next.is_folder()) {
      return not_below(name);
    } else {
      here = &next;
    }
  }
  return here;
}

Result<const TreeName*> ImageTree::find(const std::vector<std::string>& names, bool follow) const {
  // Nothing is made, so nothing changes.
  DRAY_TRY_ASSIGN(const auto* const found, const_cast<ImageTree*>(this)->walk(names, {.follow = follow}));
  return found;
}

void ImageTree::uncount(const TreeName& name) {
  --name.file->links;
  --names_;
  for (const auto& [ignored, below] : name.content) uncount(*below);
}

void ImageTree::remove(TreeName& above, const std::string& name) {
  const auto found = above.content.find(name);
  uncount(*found->second);
  above.content.erase(found);
}

void ImageTree::hide_content(TreeName& folder) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : folder.content) names.push_back(name);
  for (const auto& name : names) prune(folder, name);
}

/// Removes what lower layers brought; a folder in which something of this layer stands stays for it.
void ImageTree::prune(TreeName& above, const std::string& name) {
  const auto found = above.content.find(name);
  if (found == above.content.end()) return;
  auto& there = *found->second;
  if (there.is_folder()) hide_content(there);
  if (there.layer != layer_ && there.content.empty()) remove(above, name);
}

}  // namespace dray::ops
