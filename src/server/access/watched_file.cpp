#include "watched_file.hpp"

namespace dray::server {
namespace {

std::chrono::nanoseconds time_of(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

FileStamp stamp_of(const std::filesystem::path& path) noexcept {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return {};
  return {.device = found.st_dev,
          .inode = found.st_ino,
          .size = found.st_size,
          .modified = time_of(found.st_mtim),
          .changed = time_of(found.st_ctim)};
}

}  // namespace dray::server
