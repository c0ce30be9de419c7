#include <dray/base/file.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

#include "beneath.hpp"
#include "system.hpp"

namespace dray {
namespace {

using beneath::attempt;
using beneath::name_error;

Result<FileDescriptor> open_folder(const std::filesystem::path& path) {
  const int fd = system::call(SystemCall::open,
                              [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY); });
  if (fd < 0) return name_error("cannot open the folder " + path.string(), errno);
  return FileDescriptor(fd);
}

std::string_view kind(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a link";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<void> check_regular(const struct stat& status, const std::string& attempted) {
  if (S_ISREG(status.st_mode)) return {};
  return Error(ErrorCode::invalid_input, attempted + ": it is " + std::string(kind(status.st_mode)) + ", not a file");
}

Result<FileDescriptor> open_regular(const Directory& directory, const std::string& name, int flags, mode_t mode) {
  // O_NONBLOCK: opening a FIFO must not wait for its other end. It means nothing to a regular file.
  DRAY_TRY_ASSIGN(auto file, beneath::open(directory, name, flags | O_NONBLOCK, mode));
  const auto attempted = attempt("open", directory, name);
  struct stat status{};
  if (system::call(SystemCall::inspect, [&] { return ::fstat(file.get(), &status); }) != 0) {
    return errno_error(attempted, errno);
  }
  DRAY_TRY(check_regular(status, attempted));
  return file;
}

Result<struct stat> inspect(const Directory& directory, const std::string& name) {
  DRAY_TRY_ASSIGN(const auto place, beneath::locate(directory, name));
  struct stat status{};
  const int done = system::call(
      SystemCall::inspect, [&] { return ::fstatat(place.folder, place.last.c_str(), &status, AT_SYMLINK_NOFOLLOW); });
  if (done != 0) return name_error(attempt("look at", directory, name), errno);
  return status;
}

Result<void> make_folder(int parent, const std::string& name, mode_t mode, const std::string& attempted) {
  const int done = system::call(SystemCall::make_directory, [&] { return ::mkdirat(parent, name.c_str(), mode); });
  if (done != 0 && errno != EEXIST) return name_error(attempted, errno);
  return {};
}

}  // namespace

Result<Directory> Directory::open(const std::filesystem::path& path) {
  DRAY_TRY_ASSIGN(auto fd, open_folder(path));
  return Directory(std::move(fd), path);
}

Result<Directory> Directory::create(const std::filesystem::path& path, unsigned mode) {
  // From the end: folders on the way that exist are not touched, they may forbid writing.
  if (auto opened = open(path); opened || opened.error().code() != ErrorCode::not_found) return opened;
  const auto parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  if (!parent.empty()) DRAY_TRY(create(parent, mode));
  DRAY_TRY(make_folder(AT_FDCWD, path.string(), mode, "cannot make the folder " + path.string()));
  return open(path);
}

Result<FileDescriptor> Directory::open_file(const std::string& name) const {
  return open_regular(*this, name, O_RDONLY, 0);
}

Result<FileDescriptor> Directory::open_or_create_file(const std::string& name, unsigned mode) const {
  return open_regular(*this, name, O_RDWR | O_CREAT, mode);
}

Result<Directory> Directory::create_directory(const std::string& name, unsigned mode) const {
  DRAY_TRY(beneath::check_name(*this, name));
  for (std::size_t slash = 0; slash != std::string::npos;) {
    slash = name.find('/', slash + 1);
    const auto level = name.substr(0, slash);
    DRAY_TRY_ASSIGN(const auto place, beneath::locate(*this, level));
    DRAY_TRY(make_folder(place.folder, place.last, mode, attempt("make the folder", *this, level)));
  }
  return open_directory(name);
}

Result<Directory> Directory::open_directory(const std::string& name) const {
  DRAY_TRY_ASSIGN(auto fd, beneath::open(*this, name, O_RDONLY | O_DIRECTORY));
  return Directory(std::move(fd), path_ / name);
}

Result<bool> Directory::exists(const std::string& name) const {
  const auto status = inspect(*this, name);
  if (status) return true;
  if (status.error().code() == ErrorCode::not_found) return false;
  return status.error();
}

Result<std::uint64_t> Directory::file_size(const std::string& name) const {
  DRAY_TRY_ASSIGN(const auto status, inspect(*this, name));
  DRAY_TRY(check_regular(status, attempt("tell the size of", *this, name)));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> Directory::remove_file(const std::string& name) const {
  const auto place = beneath::locate(*this, name);
  if (!place && place.error().code() == ErrorCode::not_found) return {};
  if (!place) return place.error();
  const int done = system::call(SystemCall::remove, [&] { return ::unlinkat(place->folder, place->last.c_str(), 0); });
  if (done != 0 && errno != ENOENT) return name_error(attempt("remove", *this, name), errno);
  return {};
}

Result<void> Directory::remove_empty_directory(const std::string& name) const {
  const auto place = beneath::locate(*this, name);
  if (!place && place.error().code() == ErrorCode::not_found) return {};
  if (!place) return place.error();
  const int done =
      system::call(SystemCall::remove, [&] { return ::unlinkat(place->folder, place->last.c_str(), AT_REMOVEDIR); });
  if (done != 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST) {
    return name_error(attempt("remove the folder", *this, name), errno);
  }
  return {};
}

Result<void> Directory::rename_and_sync(const std::string& from, const std::string& to) const {
  DRAY_TRY_ASSIGN(const auto source, beneath::locate(*this, from));
  DRAY_TRY_ASSIGN(const auto target, beneath::locate(*this, to));
  const auto attempted = attempt("rename " + from + " to", *this, to);
  const int done = system::call(SystemCall::rename, [&] {
    return ::renameat(source.folder, source.last.c_str(), target.folder, target.last.c_str());
  });
  if (done != 0) return name_error(attempted, errno);
  if (system::call(SystemCall::sync, [&] { return ::fsync(target.folder); }) != 0) {
    return errno_error(attempted + ": cannot sync the folder", errno);
  }
  return {};
}

Result<bool> Directory::names(const std::string& name, const FileDescriptor& file) const {
  struct stat open_file{};
  if (system::call(SystemCall::inspect, [&] { return ::fstat(file.get(), &open_file); }) != 0) {
    return errno_error(attempt("look at", *this, name), errno);
  }
  const auto named = inspect(*this, name);
  if (!named && named.error().code() == ErrorCode::not_found) return false;
  if (!named) return named.error();
  return named->st_dev == open_file.st_dev && named->st_ino == open_file.st_ino;
}

Result<void> Directory::sync() const {
  if (system::call(SystemCall::sync, [&] { return ::fsync(fd_.get()); }) != 0) {
    return errno_error("cannot sync the folder " + path_.string(), errno);
  }
  return {};
}

Result<std::uint64_t> Directory::free_bytes() const {
  struct statvfs status{};
  if (system::call(SystemCall::inspect, [&] { return ::fstatvfs(fd_.get(), &status); }) != 0) {
    return errno_error("cannot tell the free space of " + path_.string(), errno);
  }
  return static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_frsize);
}

}  // namespace dray
