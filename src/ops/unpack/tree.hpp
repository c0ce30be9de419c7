#pragma once

#include <sys/stat.h>

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace dray::ops {

using FileStat = struct ::stat;

/// A folder of a tree, held open.
struct Folder {
  FileDescriptor fd;
  std::string path;  ///< From the root, with every link followed; empty: the root.
  ino_t inode = 0;

  [[nodiscard]] std::string below(const std::string& name) const { return path.empty() ? name : path + "/" + name; }
};
using FolderPtr = std::shared_ptr<const Folder>;

/// A tree of files below a folder that nothing leads out of. Every step is taken by descriptor and follows no link;
/// a link's text is read and walked here, from the tree's root, as a process whose root it is would see it. So neither
/// what a layer holds nor who changes the tree meanwhile leads a step outside. The folders that were used last stay
/// open. Used by one thread.
class Tree {
 public:
  /// `made` is told of every folder that is made because a path needs it.
  using Made = std::function<void(const Folder&)>;

  [[nodiscard]] static Result<Tree> open(FileDescriptor root, Made made = {});

  /// The folder that the names lead to, links followed; nullptr where there is none. Errors: `invalid_input` for a path
  /// through a file, and for more than `max_tree_links` links.
  [[nodiscard]] Result<FolderPtr> find(const std::vector<std::string>& names);
  /// The same; missing folders are made (mode 0700).
  [[nodiscard]] Result<FolderPtr> make(const std::vector<std::string>& names);

  /// Says that a folder or a link is gone: other paths lead elsewhere now.
  void forget() { known_.clear(); }

  [[nodiscard]] const FolderPtr& root() const noexcept { return root_; }

 private:
  enum class Missing : std::uint8_t { stop, make };
  explicit Tree(FolderPtr root, Made made) : root_(std::move(root)), made_(std::move(made)) {}

  [[nodiscard]] Result<FolderPtr> walk(const std::vector<std::string>& names, Missing missing);
  [[nodiscard]] Result<FolderPtr> step(const FolderPtr& folder, const std::string& name, Missing missing);

  FolderPtr root_;
  Made made_;
  std::unordered_map<std::string, FolderPtr> known_;  // by the names as given
};

/// `limit_exceeded` where something in the folder would be more than `max_archive_path_depth` deep, which links on the
/// way of an entry could make it.
[[nodiscard]] Result<void> check_depth(const Folder& folder);
/// What a name in a folder stands for, itself; nullopt: nothing.
[[nodiscard]] Result<std::optional<FileStat>> status_of(const Folder& folder, const std::string& name);
/// The text of a link.
[[nodiscard]] Result<std::string> link_text(const Folder& folder, const std::string& name);
/// Opens a folder inside, itself.
[[nodiscard]] Result<FolderPtr> open_folder(const Folder& folder, const std::string& name);
/// The names in a folder.
[[nodiscard]] Result<std::vector<std::string>> names_in(const Folder& folder);
/// What stays of what is removed: asked for each name, in its folder. A folder stays for what stays in it.
using Keeps = std::function<bool(const Folder& folder, const std::string& name)>;
/// Removes a file, link or folder, with all that is in it but for what `keeps`.
[[nodiscard]] Result<void> remove_all(const Folder& folder, const std::string& name, const Keeps& keeps = {});

}  // namespace dray::ops
