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

}  // namespace

Result<FileDescriptor> lock_temporary(const Directory& root, const std::string& name, Clock& clock,
                                      const std::stop_token& stop) {
  const auto path = std::string(temporary_folder) + "/" + name;
  auto wait = first_wait;
  while (true) {
    DRAY_TRY_ASSIGN(auto file, open_in_folder(root, path));
    DRAY_TRY_ASSIGN(const bool locked, try_lock(file));
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

}  // namespace dray
