#include "image_tree.hpp"

#include <dray/base/stop.hpp>
#include <dray/core/limits.hpp>
#include <dray/format/whiteouts.hpp>
#include <dray/ops/files_limits.hpp>
#include <dray/ops/unpack_limits.hpp>

#include <deque>
#include <utility>

#include "../unpack/entry_path.hpp"

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

Error whiteout_of_nothing(const std::string& path) {
  return {ErrorCode::invalid_input,
          "the layer holds " + shown_path(path) + ", a whiteout of nothing that could be removed"};
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
  DRAY_TRY_ASSIGN(auto names, split_entry_path(entry.path));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto whiteout = classify_whiteout(names[i]);
    if (whiteout.kind == WhiteoutKind::none) continue;
    if (whiteout.kind == WhiteoutKind::aufs_metadata) return {};
    if (whiteout.kind == WhiteoutKind::invalid || i + 1 < names.size()) return whiteout_of_nothing(entry.path);
    const std::string target(whiteout.target);
    names.pop_back();
    DRAY_TRY_ASSIGN(auto* const folder, walk(names, Missing::stop));
    if (folder == nullptr) return {};
    if (whiteout.kind == WhiteoutKind::opaque) {
      hide_content(*folder);
    } else {
      prune(*folder, target);
    }
    return {};
  }
  return put(std::move(names), entry);
}

Result<void> ImageTree::put(std::vector<std::string> names, const TarEntry& entry) {
  DRAY_TRY(check_owner(entry));
  auto file = file_of(entry, layer_);
  if (names.empty()) {
    if (entry.type != TarType::directory) {
      return Error(ErrorCode::invalid_input, "the layer replaces the root folder by something else");
    }
    root_.file = std::move(file);
    root_.layer = layer_;
    return {};
  }
  const auto name = std::move(names.back());
  names.pop_back();
  needed_by_ = &entry;
  DRAY_TRY_ASSIGN(auto* const above, walk(names, Missing::make));
  if (entry.type == TarType::hard_link) {
    DRAY_TRY_ASSIGN(file, hard_link_target(*above, name, entry));
  }
  const auto there = above->content.find(name);
  if (there != above->content.end() && there->second->is_folder() && entry.type == TarType::directory) {
    there->second->file = std::move(file);
    there->second->layer = layer_;
    return {};
  }
  if (there != above->content.end()) remove(*above, name);
  DRAY_TRY_ASSIGN([[maybe_unused]] auto* const added, add(*above, name, std::move(file)));
  return {};
}

Result<std::shared_ptr<TreeFile>> ImageTree::hard_link_target(const TreeName& above, const std::string& name,
                                                              const TarEntry& entry) {
  const auto refuse = [&](const char* why) {
    return Error(ErrorCode::invalid_input, "the layer holds the hard link " + shown_path(entry.path) + " to " +
                                               shown_path(entry.link_path) + ", " + why);
  };
  DRAY_TRY_ASSIGN(auto target, split_entry_path(entry.link_path));
  if (target.empty()) return refuse("which is a folder");
  const auto last = std::move(target.back());
  target.pop_back();
  DRAY_TRY_ASSIGN(const auto* const folder, walk(target, Missing::stop));
  if (folder == nullptr) return refuse("which is not there");
  const auto found = folder->content.find(last);
  if (found == folder->content.end()) return refuse("which is not there");
  if (found->second->is_folder()) return refuse("which is a folder");
  if (folder == &above && last == name) return refuse("which is itself");
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

/// The folder that the names lead to, links followed; missing ones are made. nullptr: there is none.
Result<TreeName*> ImageTree::walk(const std::vector<std::string>& names, Missing missing) {
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
    const auto found = here->content.find(name);
    if (found == here->content.end()) {
      if (missing == Missing::stop) return nullptr;
      DRAY_TRY_ASSIGN(here, add(*here, name, implied_folder(*needed_by_)));
      continue;
    }
    auto& next = *found->second;
    if (next.is_folder()) {
      here = &next;
    } else if (next.file->type == TarType::symlink) {
      const auto& text = next.file->rare->link_path;
      DRAY_TRY(take_link(text, ahead, links, names));
      if (text.starts_with('/')) here = &root_;
    } else if (missing == Missing::stop) {
      return nullptr;
    } else {
      return not_below(name);
    }
  }
  return here;
}

Result<const TreeName*> ImageTree::find(const std::vector<std::string>& names, bool follow) const {
  std::deque<std::string> ahead(names.begin(), names.end());
  const auto* here = &root_;
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
    if (found == here->content.end()) return nullptr;
    const auto& next = *found->second;
    if (next.file->type == TarType::symlink && (follow || !ahead.empty())) {
      const auto& text = next.file->rare->link_path;
      DRAY_TRY(take_link(text, ahead, links, names));
      if (text.starts_with('/')) here = &root_;
    } else {
      here = &next;
    }
  }
  return here;
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
