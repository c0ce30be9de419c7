#pragma once

#include <cstdint>
#include <dray/format/tar.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tree.hpp"

namespace dray::ops {

/// What a tree takes of its entries.
struct TreeRules {
  bool owners = true;   ///< Else everything belongs to whoever unpacks.
  bool devices = true;  ///< Else device nodes are left out.
};

/// An entry, or a part of it, that did not come into the tree.
using LeftOut = std::function<void(const std::string& path, const std::string& why)>;

/// Puts the entries of archives into a tree. What gives rights beyond those of an ordinary file (set-id bits,
/// capabilities and other xattrs, device nodes) waits until `trust` says that the bytes it came from were verified.
/// Folders get their modes, owners and times at the end, by `finish`; until then they are private. Used by one thread.
class TreeWriter {
 public:
  TreeWriter(FileDescriptor root, const TreeRules& rules, LeftOut left_out);

  [[nodiscard]] Result<void> open();
  [[nodiscard]] Tree& tree() noexcept { return *tree_; }

  /// Puts an entry in place of whatever has its name, but for a folder in place of a folder. `names` and
  /// `entry` are as `read_layer_entry` takes them, and `data` gives a file's bytes. Gives the folder that it stands in;
  /// null for the root.
  [[nodiscard]] Result<FolderPtr> put(const std::vector<std::string>& names, const TarEntry& entry, TarReader& data);
  /// Gives what was put since the last call all of its rights.
  [[nodiscard]] Result<void> trust();
  /// Gives folders what their entries say.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  /// What is still to be set of the file that has a path; somebody else may put another one there.
  struct Waiting {
    ino_t inode = 0;
    TarEntry entry;
  };
  struct FolderAttributes {
    ino_t inode = 0;
    std::uint32_t mode = 0;
    uid_t uid = 0;
    gid_t gid = 0;
    timespec modified{};
    std::map<std::string, std::string> xattrs;
  };

  [[nodiscard]] Result<void> put_folder(const Folder& above, const std::string& name, const TarEntry& entry);
  [[nodiscard]] Result<void> put_file(const Folder& above, const std::string& name, const TarEntry& entry,
                                      TarReader& data);
  [[nodiscard]] Result<void> write_data(const FileDescriptor& file, const TarEntry& entry, TarReader& data);
  [[nodiscard]] Result<void> put_symlink(const Folder& above, const std::string& name, const TarEntry& entry);
  [[nodiscard]] Result<void> put_hard_link(const Folder& above, const std::string& name, const TarEntry& entry);
  [[nodiscard]] Result<void> put_node(const Folder& above, const std::string& name, const TarEntry& entry);
  [[nodiscard]] Result<void> set_attributes_at(const Folder& above, const std::string& name, const TarEntry& entry);
  void wait_for_trust(const Folder& above, const std::string& name, const FileDescriptor& file, const TarEntry& entry);
  [[nodiscard]] Result<void> give_rights(const std::string& path, const Waiting& waiting);
  [[nodiscard]] Result<void> make_device(const std::string& path, const TarEntry& entry);
  [[nodiscard]] Result<void> set_xattrs(int file, const std::string& path,
                                        const std::map<std::string, std::string>& xattrs);
  [[nodiscard]] Result<void> make_room(const Folder& above, const std::string& name);
  void forget_waiting(const std::string& path);
  void note_folder(const Folder& folder, const TarEntry& entry);

  FileDescriptor root_;
  const TreeRules rules_;
  LeftOut left_out_;
  mode_t masked_bits_ = 0;
  std::optional<Tree> tree_;
  timespec now_{};                          // the time of the entry that folders are made for
  std::map<std::string, Waiting> waiting_;  // by path
  std::map<std::string, FolderAttributes> folders_;
  std::vector<std::byte> buffer_;
  std::uint64_t bytes_ = 0;
};

}  // namespace dray::ops
