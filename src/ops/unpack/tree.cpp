#include "tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <dray/core/limits.hpp>
#include <dray/ops/unpack_limits.hpp>

#include "entry_path.hpp"

namespace dray::ops {

namespace {

constexpr std::size_t max_known_folders = 128;
constexpr unsigned new_folder_mode = 0700;
constexpr int tree_folder_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

std::string joined_names(const std::vector<std::string>& names, std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) path += '/';
    path += names[i];
  }
  return path;
}

Result<FolderPtr> opened_folder(FileDescriptor fd, std::string path) {
  FileStat status{};
  if (::fstat(fd.get(), &status) != 0) return errno_error("cannot look at " + shown_path(path), errno);
  return FolderPtr(std::make_shared<const Folder>(Folder{std::move(fd), std::move(path), status.st_ino}));
}

Error tree_error(const char* what, const Folder& folder, const std::string& name, int error) {
  return errno_error(std::string("cannot ") + what + " " + shown_path(folder.below(name)) + " in the tree", error);
}

}  // namespace

Result<Tree> Tree::open(FileDescriptor root, Made made) {
  DRAY_TRY_ASSIGN(auto folder, opened_folder(std::move(root), ""));
  return Tree(std::move(folder), std::move(made));
}

Result<FolderPtr> Tree::find(const std::vector<std::string>& names) { return walk(names, Missing::stop); }
Result<FolderPtr> Tree::make(const std::vector<std::string>& names) { return walk(names, Missing::make); }

/// The folder of one name, itself: nullptr where it is missing and is not to be made, and where the name is a link.
Result<FolderPtr> Tree::step(const FolderPtr& folder, const std::string& name, Missing missing) {
  int fd = ::openat(folder->fd.get(), name.c_str(), tree_folder_flags);
  if (fd < 0 && errno == ENOENT && missing == Missing::make) {
    DRAY_TRY(check_depth(*folder));
    if (::mkdirat(folder->fd.get(), name.c_str(), new_folder_mode) != 0) {
      return tree_error("make the folder", *folder, name, errno);
    }
    fd = ::openat(folder->fd.get(), name.c_str(), tree_folder_flags);
    if (fd < 0) return tree_error("open", *folder, name, errno);
    DRAY_TRY_ASSIGN(auto made, opened_folder(FileDescriptor(fd), folder->below(name)));
    if (made_) made_(*made);
    return made;
  }
  if (fd >= 0) return opened_folder(FileDescriptor(fd), folder->below(name));
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return FolderPtr();
  return tree_error("open", *folder, name, errno);
}

Result<FolderPtr> Tree::walk(const std::vector<std::string>& names, Missing missing) {
  std::vector<FolderPtr> way{root_};
  std::size_t begin = 0;
  for (std::size_t count = names.size(); count > 0 && begin == 0; --count) {
    const auto found = known_.find(joined_names(names, count));
    if (found == known_.end()) continue;
    way.push_back(found->second);
    begin = count;
  }
  if (begin == names.size()) return way.back();
  // Where a link climbs (`..`) from a folder that was known, the way to it is walked anew.
  const bool whole_way = begin == 0;
  std::deque<std::string> ahead(names.begin() + static_cast<std::ptrdiff_t>(begin), names.end());
  std::size_t links = 0;
  while (!ahead.empty()) {
    const auto name = std::move(ahead.front());
    ahead.pop_front();
    if (name == "..") {
      if (!whole_way && way.size() == 2) {
        forget();
        return walk(names, missing);
      }
      if (way.size() > 1) way.pop_back();
      continue;
    }
    const auto& here = way.back();
    DRAY_TRY_ASSIGN(auto next, step(here, name, missing));
    if (next != nullptr) {
      way.push_back(std::move(next));
      continue;
    }
    DRAY_TRY_ASSIGN(const auto status, status_of(*here, name));
    if (!status) return FolderPtr();
    if (!S_ISLNK(status->st_mode)) {
      if (missing == Missing::stop) return FolderPtr();
      return Error(ErrorCode::invalid_input,
                   "the layer puts something below " + shown_path(here->below(name)) + ", which is no folder");
    }
    if (++links > limits::max_tree_links) {
      return Error(ErrorCode::invalid_input,
                   "the links on the way to " + shown_path(joined_names(names, names.size())) +
                       " lead in a circle, or there are more than " + std::to_string(limits::max_tree_links));
    }
    DRAY_TRY_ASSIGN(const auto text, link_text(*here, name));
    const auto more = split_link(text);
    if (ahead.size() + more.size() > limits::max_archive_path_bytes) {
      return Error(ErrorCode::limit_exceeded, "the links on the way to a file make too long a path");
    }
    if (text.starts_with('/')) way.resize(1);
    ahead.insert(ahead.begin(), more.begin(), more.end());
  }
  if (known_.size() >= max_known_folders) known_.clear();
  known_.emplace(joined_names(names, names.size()), way.back());
  return way.back();
}

Result<void> check_depth(const Folder& folder) {
  const auto slashes = static_cast<std::size_t>(std::ranges::count(folder.path, '/'));
  const auto depth = folder.path.empty() ? 0 : slashes + 1;
  if (depth < limits::max_archive_path_depth) return {};
  return Error(ErrorCode::limit_exceeded, "the image holds folders in folders, more than " +
                                              std::to_string(limits::max_archive_path_depth) + " deep");
}

Result<std::optional<FileStat>> status_of(const Folder& folder, const std::string& name) {
  FileStat status{};
  if (::fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return std::optional(status);
  if (errno == ENOENT) return std::optional<FileStat>();
  return tree_error("look at", folder, name, errno);
}

Result<std::string> link_text(const Folder& folder, const std::string& name) {
  std::string text(limits::max_archive_path_bytes, '\0');
  const auto size = ::readlinkat(folder.fd.get(), name.c_str(), text.data(), text.size());
  if (size < 0) return tree_error("read the link", folder, name, errno);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<FolderPtr> open_folder(const Folder& folder, const std::string& name) {
  const int fd = ::openat(folder.fd.get(), name.c_str(), tree_folder_flags);
  if (fd < 0) return tree_error("open", folder, name, errno);
  return opened_folder(FileDescriptor(fd), folder.below(name));
}

Result<std::vector<std::string>> names_in(const Folder& folder) {
  const int fd = ::openat(folder.fd.get(), ".", tree_folder_flags);
  if (fd < 0) return tree_error("read", folder, ".", errno);
  DIR* const stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const int error = errno;
    ::close(fd);
    return tree_error("read", folder, ".", error);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const auto* entry = ::readdir(stream)) {
    const std::string_view name = &entry->d_name[0];
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return tree_error("read", folder, ".", error);
  return names;
}

Result<void> remove_all(const Folder& folder, const std::string& name, const Keeps& keeps) {
  // Folders in folders: a stack of what is open, never deeper than a layer's paths may be.
  struct Level {
    FolderPtr folder;
    std::string name;  // in the level above
    std::vector<std::string> left;
  };
  std::vector<Level> levels;
  const auto top = [&]() -> const Folder& { return levels.empty() ? folder : *levels.back().folder; };
  auto next = name;
  while (true) {
    DRAY_TRY_ASSIGN(const auto status, status_of(top(), next));
    if (status && S_ISDIR(status->st_mode)) {
      DRAY_TRY_ASSIGN(auto opened, open_folder(top(), next));
      DRAY_TRY_ASSIGN(auto names, names_in(*opened));
      levels.push_back({std::move(opened), next, std::move(names)});
    } else if (status && !(keeps && keeps(top(), next))) {
      if (::unlinkat(top().fd.get(), next.c_str(), 0) != 0) return tree_error("remove", top(), next, errno);
    }
    while (!levels.empty() && levels.back().left.empty()) {
      const auto done = std::move(levels.back());
      levels.pop_back();
      if (keeps && keeps(top(), done.name)) continue;
      if (::unlinkat(top().fd.get(), done.name.c_str(), AT_REMOVEDIR) == 0) continue;
      const bool holds_what_stays = keeps && (errno == ENOTEMPTY || errno == EEXIST);
      if (!holds_what_stays) return tree_error("remove", top(), done.name, errno);
    }
    if (levels.empty()) return {};
    next = std::move(levels.back().left.back());
    levels.back().left.pop_back();
  }
}

}  // namespace dray::ops
