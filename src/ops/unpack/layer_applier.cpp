#include "layer_applier.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <dray/base/stop.hpp>
#include <dray/format/whiteouts.hpp>
#include <functional>

#include "entry_path.hpp"

namespace dray::ops {

namespace {

/// Two names of a folder that meet here would be taken for one another by a whiteout alone, and both are the layer's
/// own.
std::uint64_t name_key(const Folder& above, const std::string& name) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  return std::hash<std::string>{}(name) ^ ((static_cast<std::uint64_t>(above.inode) + 1) * golden);
}

Error bad_whiteout(const std::string& path) {
  return {ErrorCode::invalid_input,
          "the layer holds " + shown_path(path) + ", a whiteout of nothing that could be removed"};
}

}  // namespace

void LayerApplier::note(const Folder& above, const std::string& name) {
  if (!is_base_) names_.insert(name_key(above, name));
}

bool LayerApplier::is_of_this_layer(const Folder& above, const std::string& name) const {
  return names_.contains(name_key(above, name));
}

Result<void> LayerApplier::apply(ByteSource& tar, const std::stop_token& stop) {
  TarReader reader(tar);
  names_.clear();
  while (true) {
    DRAY_TRY(check_running(stop));
    DRAY_TRY_ASSIGN(const auto entry, reader.next());
    if (!entry) break;
    ++entries_;
    DRAY_TRY(apply_entry(*entry, reader));
  }
  is_base_ = false;
  return {};
}

Result<void> LayerApplier::apply_entry(const TarEntry& entry, TarReader& data) {
  DRAY_TRY_ASSIGN(auto names, split_entry_path(entry.path));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto whiteout = classify_whiteout(names[i]);
    if (whiteout.kind == WhiteoutKind::none) continue;
    if (whiteout.kind == WhiteoutKind::aufs_metadata) return {};
    if (whiteout.kind == WhiteoutKind::invalid || i + 1 < names.size()) return bad_whiteout(entry.path);
    const std::string target(whiteout.target);
    names.pop_back();
    if (whiteout.kind == WhiteoutKind::opaque) return hide_content(names);
    return hide(names, target);
  }
  DRAY_TRY_ASSIGN(const auto above, writer_.put(names, entry, data));
  if (above != nullptr) note(*above, names.back());
  return {};
}

Result<void> LayerApplier::hide(const std::vector<std::string>& folder, const std::string& name) {
  if (is_base_) return {};
  DRAY_TRY_ASSIGN(const auto above, writer_.tree().find(folder));
  if (above == nullptr) return {};
  return prune(*above, name);
}

Result<void> LayerApplier::hide_content(const std::vector<std::string>& folder) {
  if (is_base_) return {};
  DRAY_TRY_ASSIGN(const auto opaque, writer_.tree().find(folder));
  if (opaque == nullptr) return {};
  DRAY_TRY_ASSIGN(const auto names, names_in(*opaque));
  for (const auto& name : names) DRAY_TRY(prune(*opaque, name));
  return {};
}

/// Removes what lower layers brought; a folder in which something of this layer stands stays for it.
Result<void> LayerApplier::prune(const Folder& above, const std::string& name) {
  struct Level {
    FolderPtr folder;
    std::string name;
    std::vector<std::string> left;
  };
  std::vector<Level> levels;
  auto pending = name;
  while (true) {
    const Folder& here = levels.empty() ? above : *levels.back().folder;
    DRAY_TRY_ASSIGN(const auto status, status_of(here, pending));
    if (status && S_ISDIR(status->st_mode)) {
      DRAY_TRY_ASSIGN(auto opened, open_folder(here, pending));
      DRAY_TRY_ASSIGN(auto names, names_in(*opened));
      levels.push_back({std::move(opened), pending, std::move(names)});
    } else if (status && !is_of_this_layer(here, pending)) {
      if (S_ISLNK(status->st_mode)) writer_.tree().forget();
      DRAY_TRY(remove_all(here, pending));
    }
    while (!levels.empty() && levels.back().left.empty()) {
      const auto done = std::move(levels.back());
      levels.pop_back();
      const Folder& outside = levels.empty() ? above : *levels.back().folder;
      if (is_of_this_layer(outside, done.name)) continue;
      if (::unlinkat(outside.fd.get(), done.name.c_str(), AT_REMOVEDIR) == 0) {
        writer_.tree().forget();
      } else if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT) {
        return errno_error("cannot remove " + shown_path(outside.below(done.name)) + " from the tree", errno);
      }
    }
    if (levels.empty()) return {};
    pending = std::move(levels.back().left.back());
    levels.back().left.pop_back();
  }
}

}  // namespace dray::ops
