#pragma once

#include <atomic>
#include <cstdint>
#include <dray/base/file.hpp>
#include <dray/base/guarded.hpp>
#include <dray/core/digest.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "registry_paths.hpp"

namespace dray {

/// A registry's folder as files and folders: reads links, makes temporary files and folders that last.
/// Safe from many threads.
class RegistryTree {
 public:
  /// `mode` is that of folders; files have it less the execute bits.
  RegistryTree(Directory root, unsigned mode, std::string run)
      : root_(std::move(root)), mode_(mode), run_(std::move(run)) {}

  [[nodiscard]] const Directory& root() const noexcept { return root_; }
  [[nodiscard]] unsigned folder_mode() const noexcept { return mode_; }
  [[nodiscard]] unsigned file_mode() const noexcept { return mode_ & 0666U; }

  /// The digest that a link file holds; none when the file is absent, empty (as a crash of distribution leaves it) or
  /// holds anything else.
  [[nodiscard]] Result<std::optional<Digest>> read_link(const std::string& path) const;
  /// True when the file is there and holds `digest`.
  [[nodiscard]] Result<bool> has_link(const std::string& path, const Digest& digest) const;

  /// A name for a temporary file that nobody has.
  [[nodiscard]] std::string temporary_path();
  /// True for the name of a file that some run made by `temporary_path`.
  [[nodiscard]] static bool is_temporary_name(std::string_view name) noexcept;

  /// Makes a folder that is never removed and those above it, and makes them last over a power cut; once that was done
  /// in this run it costs nothing.
  [[nodiscard]] Result<void> ensure_folder(const std::string& path);
  /// After such a folder was found to be gone all the same.
  void forget_folders();

  /// Removes a file and makes that last; then the folder that it was in, if it is empty. False when there was none.
  [[nodiscard]] Result<bool> remove_and_sync(const std::string& path) const;

  /// Counts folders made by `ensure_folder`: whether there may be a repository more.
  [[nodiscard]] std::uint64_t folders_made() const noexcept { return folders_made_; }

 private:
  Directory root_;
  unsigned mode_;
  std::string run_;  // random, in the names of this run's temporary files
  std::atomic<std::uint64_t> next_temporary_ = 0;
  std::atomic<std::uint64_t> folders_made_ = 0;
  Guarded<std::unordered_set<std::string>> lasting_;
};

/// Files that are to be seen together: written under temporary names first, then synced, moved into place in the order
/// of adding, and the folders synced. What was not published is removed by the destructor.
class Publication {
 public:
  explicit Publication(RegistryTree& tree) : tree_(tree) {}
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  /// Writes a temporary file.
  [[nodiscard]] Result<void> add(registry_paths::Target target, ByteView bytes);
  /// A link file: holds the digest's text.
  [[nodiscard]] Result<void> add_link(registry_paths::Target target, const Digest& digest) {
    return add(std::move(target), as_bytes(digest.text_view()));
  }
  /// Lets a file at `path` move too, which its owner has synced and keeps on failure.
  void adopt(registry_paths::Target target, std::string path);

  /// Syncs the files; may take long.
  [[nodiscard]] Result<void> prepare();
  /// Moves them and syncs the folders. After a failure some may be in place.
  [[nodiscard]] Result<void> place();
  [[nodiscard]] Result<void> publish() {
    DRAY_TRY(prepare());
    return place();
  }

 private:
  struct Item {
    registry_paths::Target target;
    std::string from;
    FileDescriptor file;  // open until it is synced
    bool own = false;     // removed when it is not published
    bool moved = false;
  };
  [[nodiscard]] Result<void> make_folders(const Item& item);
  [[nodiscard]] Result<void> move(Item& item);
  [[nodiscard]] Result<void> sync_folders();

  RegistryTree& tree_;
  std::vector<Item> items_;
};

}  // namespace dray
