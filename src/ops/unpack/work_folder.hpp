#pragma once

#include <dray/base/file.hpp>
#include <dray/base/result.hpp>
#include <filesystem>
#include <optional>
#include <string>

namespace dray::ops {

/// The folder beside the one that is to be made, `.NAME.dray-unpack` (mode 0700): `tree` grows in it, `layers` holds
/// what came from a registry. A lock keeps a second process out. Destroyed before `publish`, the tree goes; what came
/// stays where `keep_layers` was said, else all goes.
class WorkFolder {
 public:
  /// Makes it, or takes up one that was left. Errors: `conflict` when the folder to be made holds something, or when
  /// somebody is making it; `invalid_input` where it is no name that could be made.
  [[nodiscard]] static Result<WorkFolder> open(const std::filesystem::path& folder);
  ~WorkFolder();
  WorkFolder(WorkFolder&&) noexcept = default;
  WorkFolder& operator=(WorkFolder&&) = delete;

  /// An empty folder for the tree.
  [[nodiscard]] Result<FileDescriptor> make_tree();
  [[nodiscard]] std::filesystem::path layers() const { return path() / "layers"; }
  void keep_layers() noexcept { keeps_layers_ = true; }
  /// Gives the tree its name, and removes all else.
  [[nodiscard]] Result<void> publish();

 private:
  WorkFolder(Directory parent, std::string name, FileDescriptor lock);
  [[nodiscard]] std::filesystem::path path() const { return parent_.path() / work_name_; }
  [[nodiscard]] Result<void> remove(const std::string& what);

  Directory parent_;
  std::string name_;
  std::string work_name_;
  FileDescriptor lock_;
  bool keeps_layers_ = false;
};

}  // namespace dray::ops
