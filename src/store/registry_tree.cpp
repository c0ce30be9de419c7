#include "registry_tree.hpp"

#include <algorithm>
#include <array>

namespace dray {
namespace {

/// The longest digest's text, and one byte more so that something longer is noticed.
constexpr std::size_t link_room = 7 + 128 + 1;
constexpr std::string_view temporary_prefix = "t-";
constexpr std::size_t run_chars = 16;
/// Folders that are remembered to last; beyond it all are looked at again.
constexpr std::size_t max_remembered_folders = 100'000;

bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

using LinkRoom = std::array<std::byte, link_room>;

/// The text of a link file, in `room`; empty when the file is absent.
Result<std::string_view> read_link_text(const Directory& root, const std::string& path, LinkRoom& room) {
  const auto size = root.read_beginning(path, room);
  if (size) return as_text(ByteView(room).first(*size));
  if (size.error().code() == ErrorCode::not_found) return std::string_view();
  return size.error();
}

}  // namespace

Result<std::optional<Digest>> RegistryTree::read_link(const std::string& path) const {
  LinkRoom room{};
  DRAY_TRY_ASSIGN(const auto text, read_link_text(root_, path, room));
  if (text.empty()) return std::optional<Digest>();
  auto digest = Digest::parse(text);
  if (!digest) return std::optional<Digest>();
  return std::optional<Digest>(std::move(digest).value());
}

Result<bool> RegistryTree::has_link(const std::string& path, const Digest& digest) const {
  LinkRoom room{};
  DRAY_TRY_ASSIGN(const auto text, read_link_text(root_, path, room));
  return text == digest.text_view();
}

std::string RegistryTree::temporary_path() {
  std::string path(registry_paths::temporary);
  path += '/';
  path += temporary_prefix;
  path += run_;
  path += '-';
  path += std::to_string(next_temporary_++);
  return path;
}

bool RegistryTree::is_temporary_name(std::string_view name) noexcept {
  if (!name.starts_with(temporary_prefix)) return false;
  name.remove_prefix(temporary_prefix.size());
  if (name.size() < run_chars + 2 || name[run_chars] != '-') return false;
  const auto run = name.substr(0, run_chars);
  const auto number = name.substr(run_chars + 1);
  return std::all_of(run.begin(), run.end(), is_hex) && std::all_of(number.begin(), number.end(), is_digit);
}

Result<void> RegistryTree::ensure_folder(const std::string& path) {
  if (lasting_.with([&](const auto& folders) { return folders.contains(path); })) return {};
  for (std::size_t end = 0; end != std::string::npos;) {
    const auto begin = end;
    end = path.find('/', begin == 0 ? 0 : begin + 1);
    const auto level = path.substr(0, end);
    if (lasting_.with([&](const auto& folders) { return folders.contains(level); })) continue;
    DRAY_TRY_ASSIGN(const bool made, root_.make_directory(level, mode_));
    if (made) ++folders_made_;
    // Synced although it was there: whoever made it may not have come to that.
    DRAY_TRY(begin == 0 ? root_.sync() : root_.sync_inside(path.substr(0, begin)));
    lasting_.with([&](auto& folders) {
      if (folders.size() >= max_remembered_folders) folders.clear();
      folders.insert(level);
    });
  }
  return {};
}

void RegistryTree::forget_folders() {
  lasting_.with([](auto& folders) { folders.clear(); });
}

Result<bool> RegistryTree::remove_and_sync(const std::string& path) const {
  const auto there = root_.exists(path);
  if (!there || !*there) return there;
  const auto folder = registry_paths::parent(path);
  DRAY_TRY(root_.remove_file(path));
  DRAY_TRY(root_.sync_inside(folder));
  // The name is gone for good; an empty folder that stays says nothing.
  (void)root_.remove_empty_directory(folder);
  return true;
}

}  // namespace dray
