#pragma once

#include <cstdint>
#include <dray/base/result.hpp>
#include <dray/format/tar.hpp>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace dray::ops {

/// What a name stands for: one for all hard links to it. There are millions, so it is small.
struct TreeFile {
  std::uint64_t header_offset = 0;  ///< Where its entry stands in its layer.
  std::uint64_t size = 0;
  std::int64_t mtime_seconds = 0;
  std::uint32_t mtime_nanoseconds = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t layer = 0;  ///< That holds its bytes.
  std::uint32_t links = 0;
  std::uint16_t mode = 0;
  TarType type = TarType::file;
  /// What few have: a symlink's text, a device's numbers, a folder's xattrs; null without any.
  std::unique_ptr<const TarEntry> rare;

  /// Its attributes as an entry, without a path.
  [[nodiscard]] TarEntry entry() const;
};

/// A name in a tree of files in memory.
struct TreeName {
  std::shared_ptr<TreeFile> file;
  std::uint32_t layer = 0;  ///< That brought the name.
  std::uint32_t depth = 0;  ///< At most `max_archive_path_depth`: whoever descends may call itself.
  TreeName* above = nullptr;
  std::map<std::string, std::unique_ptr<TreeName>> content;  ///< Of a folder.

  [[nodiscard]] bool is_folder() const noexcept { return file->type == TarType::directory; }
};

/// The tree that layers make, in memory: what LayerApplier makes on disk. Used by one thread.
class ImageTree {
 public:
  ImageTree();

  /// Lays one more layer over it: reads its archive to the end.
  [[nodiscard]] Result<void> apply(ByteSource& tar, const std::stop_token& stop);

  [[nodiscard]] const TreeName& root() const noexcept { return root_; }
  /// What the names lead to, links followed inside the tree, the last one with `follow`; nullptr: nothing.
  /// Errors: `invalid_input` for links in a circle.
  [[nodiscard]] Result<const TreeName*> find(const std::vector<std::string>& names, bool follow) const;

 private:
  struct Walk {
    bool follow = true;                  ///< A link that is the last name, too.
    const TarEntry* made_for = nullptr;  ///< Set: missing folders are made, with its time.
  };

  [[nodiscard]] Result<void> apply_entry(const TarEntry& entry);
  [[nodiscard]] Result<void> put(std::vector<std::string> names, const TarEntry& entry);
  [[nodiscard]] Result<std::shared_ptr<TreeFile>> hard_link_target(const TreeName* replaced, const TarEntry& entry);
  /// What the names lead to; nullptr: nothing. Errors: `invalid_input` for links in a circle, and where folders are to
  /// be made, for a way through a file.
  [[nodiscard]] Result<TreeName*> walk(const std::vector<std::string>& names, const Walk& how);
  [[nodiscard]] Result<TreeName*> add(TreeName& above, const std::string& name, std::shared_ptr<TreeFile> file);
  void remove(TreeName& above, const std::string& name);
  void prune(TreeName& above, const std::string& name);
  void hide_content(TreeName& folder);
  void uncount(const TreeName& name);

  TreeName root_;
  std::uint32_t layer_ = 0;  // the one that is being applied
  std::size_t names_ = 0;
};

}  // namespace dray::ops
