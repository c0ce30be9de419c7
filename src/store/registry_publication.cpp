#include <algorithm>

#include "registry_tree.hpp"

namespace dray {
namespace {

/// How often the folders are made again when somebody removed an empty one in between.
constexpr int max_place_tries = 16;

}  // namespace

Publication::~Publication() {
  for (const auto& item : items_) {
    // What cannot be removed has a name that start-up knows.
    if (item.own && !item.moved) (void)tree_.root().remove_file(item.from);
  }
}

Result<void> Publication::add(registry_paths::Target target, ByteView bytes) {
  auto path = tree_.temporary_path();
  DRAY_TRY_ASSIGN(auto file, tree_.root().create_new_file(path, tree_.file_mode()));
  items_.push_back({.target = std::move(target), .from = std::move(path), .file = std::move(file), .own = true});
  return write_at(items_.back().file, 0, bytes);
}

void Publication::adopt(registry_paths::Target target, std::string path) {
  items_.push_back({.target = std::move(target), .from = std::move(path), .file = {}});
}

Result<void> Publication::prepare() {
  for (auto& item : items_) {
    if (!item.file) continue;
    DRAY_TRY(sync(item.file));
    item.file.close();
  }
  return {};
}

Result<void> Publication::make_folders(const Item& item) {
  DRAY_TRY(tree_.ensure_folder(item.target.trunk));
  const auto& leaf = item.target.leaf;
  for (auto slash = leaf.find('/'); slash != std::string::npos; slash = leaf.find('/', slash + 1)) {
    DRAY_TRY(tree_.root().make_directory(item.target.trunk + "/" + leaf.substr(0, slash), tree_.folder_mode()));
  }
  return {};
}

Result<void> Publication::move(Item& item) {
  for (int tries = 1;; ++tries) {
    auto done = make_folders(item);
    if (done) done = tree_.root().move(item.from, item.target.path());
    if (done) break;
    if (done.error().code() != ErrorCode::not_found || tries == max_place_tries) return done;
    tree_.forget_folders();
  }
  item.moved = true;
  return {};
}

Result<void> Publication::sync_folders() {
  std::vector<std::string> folders;  // each once, those above before those below
  const auto add_folder = [&](std::string folder) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
  };
  for (const auto& item : items_) {
    const auto& leaf = item.target.leaf;
    add_folder(item.target.trunk);
    for (auto slash = leaf.find('/'); slash != std::string::npos; slash = leaf.find('/', slash + 1)) {
      add_folder(item.target.trunk + "/" + leaf.substr(0, slash));
    }
  }
  for (const auto& folder : folders) {
    // A folder that is gone held nothing any more: what was put there was taken away since.
    auto synced = tree_.root().sync_inside(folder);
    if (!synced && synced.error().code() != ErrorCode::not_found) return synced;
  }
  return {};
}

Result<void> Publication::place() {
  for (auto& item : items_) DRAY_TRY(move(item));
  return sync_folders();
}

}  // namespace dray
