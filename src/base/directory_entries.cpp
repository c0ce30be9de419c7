#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <dray/base/file.hpp>
#include <memory>

#include "beneath.hpp"
#include "system.hpp"

// The parts of Directory that tell what is inside, and the single steps of those who do each step by themselves.

namespace dray {
namespace {

using beneath::attempt;
using beneath::name_error;

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using Listing = std::unique_ptr<DIR, CloseFolder>;

FileStatus::Kind kind_of_mode(mode_t mode) {
  if (S_ISREG(mode)) return FileStatus::Kind::file;
  if (S_ISDIR(mode)) return FileStatus::Kind::directory;
  return S_ISLNK(mode) ? FileStatus::Kind::link : FileStatus::Kind::other;
}

std::chrono::system_clock::time_point time_of(const timespec& time) {
  const auto since = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  return std::chrono::system_clock::time_point(std::chrono::duration_cast<std::chrono::system_clock::duration>(since));
}

timespec timespec_of(std::chrono::system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  timespec result{};
  result.tv_sec = static_cast<time_t>(seconds.count());
  result.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
  return result;
}

FileStatus status_of(const struct stat& status) {
  return {.kind = kind_of_mode(status.st_mode),
          .size = static_cast<std::uint64_t>(status.st_size),
          .inode = static_cast<std::uint64_t>(status.st_ino),
          .modified = time_of(status.st_mtim),
          .changed = time_of(status.st_ctim)};
}

Result<FileStatus> status_of_open(int fd, const std::string& attempted) {
  struct stat status{};
  if (system::call(SystemCall::inspect, [&] { return ::fstat(fd, &status); }) != 0) {
    return errno_error(attempted, errno);
  }
  return status_of(status);
}

Result<Listing> open_listing(int folder, const std::string& attempted) {
  // An own descriptor: the position of the listing belongs to it.
  const int fd = system::call(SystemCall::open,
                              [&] { return ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY); });
  if (fd < 0) return errno_error(attempted, errno);
  Listing listing(::fdopendir(fd));
  if (listing) return listing;
  const int error = errno;
  ::close(fd);
  return errno_error(attempted, error);
}

FileStatus::Kind kind_of_entry(int folder, const dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileStatus::Kind::file;
    case DT_DIR:
      return FileStatus::Kind::directory;
    case DT_LNK:
      return FileStatus::Kind::link;
    case DT_UNKNOWN:
      break;
    default:
      return FileStatus::Kind::other;
  }
  // Some file systems do not say; what is gone by now is nothing that anybody could open.
  struct stat status{};
  if (::fstatat(folder, &entry.d_name[0], &status, AT_SYMLINK_NOFOLLOW) != 0) return FileStatus::Kind::other;
  return kind_of_mode(status.st_mode);
}

/// Calls `take` for each entry but `.` and `..`.
template <class Take>
Result<void> for_each_entry(const Directory& directory, std::size_t limit, const Take& take) {
  const auto attempted = "cannot list " + directory.path().string();
  DRAY_TRY_ASSIGN(const auto listing, open_listing(directory.fd(), attempted));
  for (std::size_t count = 0;;) {
    errno = 0;
    const auto* const entry = ::readdir(listing.get());
    if (entry == nullptr && errno != 0) return errno_error(attempted, errno);
    if (entry == nullptr) return {};
    const std::string_view name = &entry->d_name[0];
    if (name == "." || name == "..") continue;
    if (count++ == limit) {
      return Error(ErrorCode::limit_exceeded, attempted + ": it holds more than " + std::to_string(limit) + " names");
    }
    take(*entry);
  }
}

/// What was made just now gets exactly the mode, where the umask took some of it away.
Result<void> set_mode(int fd, unsigned mode, const Directory& directory, const std::string& name) {
  if (system::call(SystemCall::change, [&] { return ::fchmod(fd, mode); }) == 0) return {};
  return errno_error(attempt("set the mode of", directory, name), errno);
}

}  // namespace

Result<std::vector<std::string>> Directory::list(std::size_t limit) const {
  std::vector<std::string> found;
  DRAY_TRY(for_each_entry(*this, limit, [&](const dirent& entry) { found.emplace_back(&entry.d_name[0]); }));
  return found;
}

Result<std::vector<DirectoryEntry>> Directory::list_entries(std::size_t limit) const {
  std::vector<DirectoryEntry> found;
  DRAY_TRY(for_each_entry(*this, limit, [&](const dirent& entry) {
    found.push_back({.name = &entry.d_name[0], .kind = kind_of_entry(fd(), entry)});
  }));
  return found;
}

Result<FileStatus> Directory::status(const std::string& name) const {
  DRAY_TRY_ASSIGN(const auto place, beneath::locate(*this, name));
  struct stat status{};
  const int done = system::call(
      SystemCall::inspect, [&] { return ::fstatat(place.folder, place.last.c_str(), &status, AT_SYMLINK_NOFOLLOW); });
  if (done != 0) return name_error(attempt("look at", *this, name), errno);
  return status_of(status);
}

Result<FileStatus> Directory::status() const {
  return status_of_open(fd(), "cannot look at the folder " + path_.string());
}

Result<OpenedFile> Directory::open_file_with_status(const std::string& name) const {
  DRAY_TRY_ASSIGN(auto file, beneath::open(*this, name, O_RDONLY | O_NONBLOCK));
  DRAY_TRY_ASSIGN(const auto status, status_of_open(file.get(), "cannot open a file"));
  if (status.kind != FileStatus::Kind::file) {
    return Error(ErrorCode::invalid_input, attempt("open", *this, name) + ": it is not a file");
  }
  return OpenedFile{.file = std::move(file), .status = status};
}

Result<std::size_t> Directory::read_beginning(const std::string& name, ByteSpan into) const {
  DRAY_TRY_ASSIGN(const auto file, beneath::open(*this, name, O_RDONLY | O_NONBLOCK));
  // One call: a regular file gives less than was asked for only at its end.
  const auto count = system::call(SystemCall::read, [&] { return ::read(file.get(), into.data(), into.size()); });
  if (count < 0) return name_error(attempt("read", *this, name), errno);
  return static_cast<std::size_t>(count);
}

Result<FileDescriptor> Directory::create_new_file(const std::string& name, unsigned mode) const {
  DRAY_TRY_ASSIGN(auto file, beneath::open(*this, name, O_RDWR | O_CREAT | O_EXCL, mode));
  if (auto set = set_mode(file.get(), mode, *this, name); !set) {
    (void)remove_file(name);  // the reason that counts is the first one
    return set.error();
  }
  return file;
}

Result<bool> Directory::make_directory(const std::string& name, unsigned mode) const {
  DRAY_TRY_ASSIGN(const auto place, beneath::locate(*this, name));
  const int done =
      system::call(SystemCall::make_directory, [&] { return ::mkdirat(place.folder, place.last.c_str(), mode); });
  if (done != 0 && errno == EEXIST) return false;
  if (done != 0) return name_error(attempt("make the folder", *this, name), errno);
  const int fd = system::call(SystemCall::open, [&] {
    return ::openat(place.folder, place.last.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  });
  if (fd < 0) return name_error(attempt("open the folder", *this, name), errno);
  const FileDescriptor made(fd);
  DRAY_TRY(set_mode(fd, mode, *this, name));
  return true;
}

Result<void> Directory::move(const std::string& from, const std::string& to) const {
  DRAY_TRY_ASSIGN(const auto source, beneath::locate(*this, from));
  DRAY_TRY_ASSIGN(const auto target, beneath::locate(*this, to));
  const int done = system::call(SystemCall::rename, [&] {
    return ::renameat(source.folder, source.last.c_str(), target.folder, target.last.c_str());
  });
  if (done != 0) return name_error(attempt("rename " + from + " to", *this, to), errno);
  return {};
}

Result<void> Directory::touch(const std::string& name, std::chrono::system_clock::time_point modified) const {
  DRAY_TRY_ASSIGN(const auto place, beneath::locate(*this, name));
  timespec times[2] = {};
  times[0].tv_nsec = UTIME_OMIT;
  times[1] = timespec_of(modified);
  const int done = system::call(SystemCall::change, [&] {
    return ::utimensat(place.folder, place.last.c_str(), &times[0], AT_SYMLINK_NOFOLLOW);
  });
  if (done != 0) return name_error(attempt("set the time of", *this, name), errno);
  return {};
}

Result<void> Directory::sync_inside(const std::string& name) const {
  DRAY_TRY_ASSIGN(const auto opened, beneath::open(*this, name, O_RDONLY | O_NONBLOCK));
  if (system::call(SystemCall::sync, [&] { return ::fsync(opened.get()); }) == 0) return {};
  return errno_error(attempt("sync", *this, name), errno);
}

}  // namespace dray
