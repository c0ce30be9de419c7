#include "temporary.hpp"

#include <algorithm>
#include <chrono>

namespace dray {
namespace {

constexpr std::chrono::milliseconds first_wait{1};
constexpr std::chrono::milliseconds longest_wait{50};
/// Whoever finishes removes the empty folder; so often it may vanish under our hands.
constexpr int max_folder_tries = 100;

Result<FileDescriptor> open_in_folder(const Directory& root, const std::string& path) {
  for (int tries = 1;; ++tries) {
    auto file = root.open_or_create_file(path);
    if (file || file.error().code() != ErrorCode::not_found || tries == max_folder_tries) return file;
    if (const auto made = root.create_directory(temporary_folder, 0700);
        !made && made.error().code() != ErrorCode::not_found) {
      return made.error();
    }
  }
}

/// A folder with more names than this, and none of ours, is somebody else's.
constexpr std::size_t max_names_looked_at = 100;

/// What becomes the file that is replaced.
constexpr const char* replacement_file = "replacement";

using TryLock = Result<bool> (*)(const FileDescriptor&);

Result<FileDescriptor> wait_for_lock(const Directory& root, const std::string& name, TryLock take, Clock& clock,
                                     const std::stop_token& stop) {
  const auto path = std::string(temporary_folder) + "/" + name;
  auto wait = first_wait;
  while (true) {
    DRAY_TRY_ASSIGN(auto file, open_in_folder(root, path));
    DRAY_TRY_ASSIGN(const bool locked, take(file));
    if (locked) {
      DRAY_TRY_ASSIGN(const bool current, root.names(path, file));
      if (current) return file;
      continue;  // the last one who had the lock published or removed it
    }
    if (!clock.sleep_for(wait, stop)) {
      return Error(ErrorCode::cancelled, "stopped while another writer held " + (root.path() / path).string());
    }
    wait = std::min(2 * wait, longest_wait);
  }
}

}  // namespace

Result<FileDescriptor> lock_temporary(const Directory& root, const std::string& name, Clock& clock,
                                      const std::stop_token& stop) {
  return wait_for_lock(root, name, try_lock, clock, stop);
}

Result<FileDescriptor> share_temporary(const Directory& root, const std::string& name, Clock& clock,
                                       const std::stop_token& stop) {
  return wait_for_lock(root, name, try_lock_shared, clock, stop);
}

Result<void> check_not_foreign(const Directory& root, const std::string& own_file, std::string_view kind) {
  DRAY_TRY_ASSIGN(const bool own, root.exists(own_file));
  if (own) return {};
  const auto names = root.list(max_names_looked_at);
  if (!names && names.error().code() != ErrorCode::limit_exceeded) return names.error();
  if (names && std::all_of(names->begin(), names->end(), [](const auto& name) { return name == temporary_folder; })) {
    return {};
  }
  // Another process may have made it just now.
  DRAY_TRY_ASSIGN(const bool made, root.exists(own_file));
  if (made) return {};
  return Error(ErrorCode::invalid_input, "the folder " + root.path().string() + " holds other things and is no " +
                                             std::string(kind) + "; choose an empty or a new one");
}

Result<void> replace_file(const Directory& root, const std::string& name, std::string_view text,
                          const std::function<Result<void>()>& before_rename) {
  const auto fresh = std::string(temporary_folder) + "/" + replacement_file;
  DRAY_TRY_ASSIGN(const auto file, root.open_or_create_file(fresh));
  auto done = resize(file, 0);
  if (done) done = write_at(file, 0, as_bytes(text));
  if (done) done = sync(file);
  if (done) done = before_rename();
  if (done) done = root.rename_and_sync(fresh, name);
  if (done) return {};
  (void)root.remove_file(fresh);  // the first reason counts
  return std::move(done).error().context("write " + (root.path() / name).string());
}

}  // namespace dray
